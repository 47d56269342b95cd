package wire

import "testing"

// TestValidate_AcceptsText has texts that are accepted. TestRefusedFrames has those that are
// refused.
func TestValidate_AcceptsText(t *testing.T) {
	for name, text := range map[string]string{
		"ascii":            "hello",
		"one_character":    "k",
		"lines":            "first\n\tsecond\r\nthird\n",
		"japanese":         "こんにちは　世界",
		"persian_joiner":   "می‌خواهم",
		"hebrew_marks":     "שלום \u200f(a)\u200e",
		"hindi":            "क्‍ष",
		"emoji_family":     "👨‍👩‍👧",
		"emoji_flag":       "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
		"emoji_style":      "❤\ufe0f",
		"bidi_isolate":     "see \u2067שלום\u2069 there",
		"combining_alone":  "\u0301",
		"private_use":      "\ue000",
		"unassigned":       "\U0001fbff",
		"replacement":      "\ufffd",
		"separators":       "a\u2028b\u2029c\u00a0d",
		"json_in_text":     `{"type":"ping"}`,
		"leading_bom_text": "\ufeffhello",
	} {
		t.Run(name, func(t *testing.T) {
			c := Send{To: "bob", ClientID: "c", Content: Content{Text: text}}
			if err := c.Validate(DefaultLimits()); err != nil {
				t.Error(err)
			}
		})
	}
}

var messageLimits = limits{
	valid: map[string]Command{
		"edit":   Edit{Channel: testChannel, Seq: 1, Content: Content{Text: "x"}},
		"delete": Delete{Channel: testChannel, Seq: 1, ClientID: "c"},
	},
	refused: []refusedCommand{
		{Edit{Channel: testChannel, Content: Content{Text: "x"}}, "seq:"},
		{Edit{Channel: testChannel, Seq: 1, Content: Content{Text: " "}}, "content.text:"},
		{Edit{Channel: testChannel, Seq: 1, Content: Content{Text: "x"}, ClientID: "a b"}, "client_id:"},
		{Edit{Channel: "*", Seq: 1, Content: Content{Text: "x"}}, "channel:"},
		{Delete{Channel: testChannel}, "seq:"},
		{Forward{To: "bob", ClientID: "c", From: ChannelSeq{Channel: testChannel}}, "from.seq:"},
		{Forward{To: "bob", ClientID: "c", From: ChannelSeq{Seq: 1}}, "from.channel:"},
		{Forward{To: "bob", Channel: testChannel, ClientID: "c", From: ChannelSeq{Channel: testChannel, Seq: 1}}, "channel, to:"},
		{Forward{To: "bob", From: ChannelSeq{Channel: testChannel, Seq: 1}}, "client_id:"},
		{Send{To: "bob", ClientID: "c", Content: Content{Text: "x", Forwarded: &Forwarded{Sender: "eve"}}}, "content.forwarded:"},
	},
}
