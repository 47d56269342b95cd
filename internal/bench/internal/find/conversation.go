package find

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"natterjack/internal/bench/internal/corpus"
)

const (
	channels = 2000
	users    = 3000
	seed     = 1
)

// conversation holds messages with their senders, channels and times. The seq of a message is its
// number and one.
type conversation struct {
	*corpus.Corpus
	messages int
}

func newConversation(messages int) conversation {
	return conversation{corpus.New(seed), messages}
}

// message is one of a conversation.
type message struct {
	seq             uint64
	channel, sender string
	at              time.Time
	text            string
}

// channel returns the id of a channel, as long as the id of a group.
func channel(n int) string { return fmt.Sprintf("0199c2f0-7c2a-7b30-9d2e-%012x", n*7919) }

// message returns a message by its number. The lower the number of a channel, the more messages
// it has. All messages are of one year.
func (c conversation) message(i int) message {
	r := rand.New(rand.NewPCG(seed, uint64(i)))
	in := int(channels * math.Pow(r.Float64(), 3))
	start := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	return message{
		seq: uint64(i + 1), channel: channel(in), sender: fmt.Sprintf("user%d", r.IntN(users)),
		at:   start.Add(time.Duration(i) * (365 * 24 * time.Hour / time.Duration(c.messages))),
		text: c.Text(i),
	}
}

// chosen returns n channels. The same query is asked in the same ones each time.
func chosen(query, n int) []string {
	all := rand.New(rand.NewPCG(seed, uint64(query))).Perm(channels)[:n]
	slices.Sort(all)
	names := make([]string, n)
	for i, c := range all {
		names[i] = channel(c)
	}
	return names
}
