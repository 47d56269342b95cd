package wire

var reactionLimits = limits{
	valid: map[string]Command{
		"react": React{Channel: testChannel, Seq: 1, Emoji: "👍"},
	},
	refused: []refusedCommand{
		{React{Channel: testChannel, Emoji: "👍"}, "seq:"},
		{React{Channel: testChannel, Seq: 1}, "emoji:"},
		{React{Channel: testChannel, Seq: 1, Emoji: "👍👍"}, "emoji:"},
	},
}
