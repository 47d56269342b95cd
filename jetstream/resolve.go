package jetstream

import (
	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// resolve turns a change that is about another channel too into one of its own channel: the words of a message that is forwarded are
// read here, as the user may read them, and sent like any others.
func (l *Log) resolve(user string, cmd wire.Change) (wire.Change, error) {
	f, ok := cmd.(wire.Forward)
	if !ok {
		return cmd, nil
	}
	m, err := l.readable(user, f.From)
	if err != nil {
		return nil, err
	}
	content := wire.Content{Text: m.Content.Text, Forwarded: m.Content.Forwarded}
	if content.Forwarded == nil { // what is forwarded on stays its author's
		content.Forwarded = &wire.Forwarded{Sender: m.Sender, Timestamp: m.Timestamp}
	}
	return wire.Send{Ref: f.Ref, Channel: f.Channel, To: f.To, ClientID: f.ClientID, Content: content}, nil
}

// readable is a message that a user may read and that says something.
func (l *Log) readable(user string, at wire.ChannelSeq) (*channel.Message, error) {
	if _, err := l.member(user, at.Channel); err != nil {
		return nil, err
	}
	admits, err := l.view.Admits(user, at.Channel, at.Seq)
	if err != nil {
		return nil, err
	}
	m, err := l.view.Message(at.Channel, at.Seq)
	switch {
	case err != nil:
		return nil, err
	case !admits, m == nil, m.Deleted, m.Content == nil:
		return nil, wire.Errorf(wire.CodeInvalid, "from.seq: there is no message of this number that you can read")
	}
	return m, nil
}
