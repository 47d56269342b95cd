package wording

import "strconv"

var english = phrases{
	message:   "New message",
	forwarded: "Forwarded: ",
	group:     func(sender, group string) string { return sender + " in " + group },
	mention:   func(sender, group string) string { return sender + " mentioned you in " + group },
	mentioned: func(sender string) string { return sender + " mentioned you" },
	one:       map[thing]string{aFile: "File", aPhoto: "Photo", aVideo: "Video", aSound: "Audio", aVoice: "Voice message"},
	many: func(n int, of thing) string {
		return strconv.Itoa(n) + " " + map[thing]string{
			aFile: "files", aPhoto: "photos", aVideo: "videos", aSound: "audio files", aVoice: "voice messages",
		}[of]
	},
	join:   ": ",
	tested: [2]string{"Notifications work", "This device will be told of new messages."},
}
