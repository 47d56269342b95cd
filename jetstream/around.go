package jetstream

import (
	"slices"

	"natterjack/jetstream/view"
	"natterjack/server/wire"
)

// around returns the messages around a message, ascending, and says in the page which of them
// matters most, and whether there are more on either side. Near an end of the channel the other
// side gets more.
func (l *Log) around(user string, cmd *wire.History, page *wire.RawPage) ([]view.Event, error) {
	page.Around = true
	limit := l.limit(cmd.Limit)
	side := func(w view.Window) ([]view.Event, bool, error) {
		w.Bytes, w.Show = wire.MaxPageBytes/2, shownTo(user)
		found, more, err := l.view.History(user, cmd.Channel, w)
		found, cut := budgeted(found, w.After != 0, w.Bytes)
		return found, more || cut, err
	}
	after, moreAfter, err := side(view.Window{After: cmd.Around, Limit: limit / 2})
	if err != nil {
		return nil, err
	}
	before, more, err := side(view.Window{Before: cmd.Around + 1, Limit: limit - len(after)})
	if err != nil {
		return nil, err
	}
	if room := limit - len(before); moreAfter && room > limit/2 {
		if after, moreAfter, err = side(view.Window{After: cmd.Around, Limit: room}); err != nil {
			return nil, err
		}
	}
	page.More, page.MoreAfter, page.Near = more, moreAfter, max(len(before)-1, 0)
	return slices.Concat(before, after), nil
}
