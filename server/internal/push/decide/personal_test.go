package decide

import "testing"

func TestPersonal(t *testing.T) {
	for name, c := range map[string]struct {
		facts Facts
		want  bool
	}{
		"a message in a group":           {Facts{Message: Message{Sender: "mio", Text: "hello"}}, false},
		"a direct message":               {Facts{Message: Message{Sender: "mio", Direct: true}}, true},
		"a mention":                      {Facts{Message: Message{Sender: "mio", Mentioned: true}}, true},
		"an answer":                      {Facts{Message: Message{Sender: "mio", Reply: true}}, true},
		"to everybody":                   {Facts{Message: Message{Sender: "mio", Everybody: true}}, true},
		"to everybody, only by name":     {Facts{Message: Message{Sender: "mio", Everybody: true}, Settings: Settings{OnlyByName: true}}, false},
		"to those here, and not here":    {Facts{Message: Message{Sender: "mio", Here: true}}, false},
		"to those here":                  {Facts{Message: Message{Sender: "mio", Here: true}, Recipient: Recipient{Present: true}}, true},
		"a keyword":                      {Facts{Message: Message{Sender: "mio", Text: "the toad"}, Settings: Settings{Keywords: []string{"toad"}}}, true},
		"of a person who counts as such": {Facts{Message: Message{Sender: "mio"}, Settings: Settings{People: []string{"mio"}}}, true},
	} {
		if got := Personal(&c.facts); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
