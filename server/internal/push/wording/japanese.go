package wording

import "strconv"

var japanese = phrases{
	message:   "新着メッセージ",
	forwarded: "転送: ",
	group:     func(sender, group string) string { return sender + "（" + group + "）" },
	mention:   func(sender, group string) string { return sender + "さんからのメンション（" + group + "）" },
	mentioned: func(sender string) string { return sender + "さんからのメンション" },
	one:       japaneseThings,
	many: func(n int, of thing) string {
		unit := map[thing]string{aFile: "件", aPhoto: "枚", aVideo: "本", aSound: "件", aVoice: "件"}[of]
		return japaneseThings[of] + strconv.Itoa(n) + unit
	},
	join:   ": ",
	tested: [2]string{"通知は届いています", "この端末に新着メッセージが通知されます。"},
}

var japaneseThings = map[thing]string{aFile: "ファイル", aPhoto: "写真", aVideo: "動画", aSound: "音声", aVoice: "ボイスメッセージ"}
