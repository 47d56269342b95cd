package natter

import (
	"context"
	"strconv"
	"time"

	"natterjack/server/wire"
)

// Setting is one of the user's own settings; see [wire.Set] for the names.
type Setting = wire.Setting

// Set changes one of the user's own settings. An empty value removes it. All of the user's
// devices get the change as an event of kind setting in the user's own channel.
func (c *Client) Set(ctx context.Context, name, value string) (Ack, error) {
	return change(ctx, c, wire.Set{Name: name, Value: value, ClientID: newClientID()})
}

// Settings returns the user's own settings whose names start with a prefix, ascending by name.
// It sends as many queries as that takes.
func (c *Client) Settings(ctx context.Context, prefix string) (settings []Setting, err error) {
	for after := ""; ; {
		f, err := ask[wire.Settings](ctx, c, wire.GetSettings{Prefix: prefix, After: after})
		settings = append(settings, f.Settings...)
		if err != nil || !f.More || len(f.Settings) == 0 {
			return settings, err
		}
		after = settings[len(settings)-1].Name
	}
}

// Mute mutes a channel on all of the user's devices until the given time. A zero time mutes it
// for good.
func (c *Client) Mute(ctx context.Context, channel string, until time.Time) (Ack, error) {
	value := "0"
	if !until.IsZero() {
		value = strconv.FormatInt(until.UnixMilli(), 10)
	}
	return c.Set(ctx, wire.SettingMute+channel, value)
}

// Unmute undoes [Client.Mute].
func (c *Client) Unmute(ctx context.Context, channel string) (Ack, error) {
	return c.Set(ctx, wire.SettingMute+channel, "")
}

// Block keeps another user from writing to the direct channel with this user.
func (c *Client) Block(ctx context.Context, user string) (Ack, error) {
	return c.Set(ctx, wire.SettingBlock+user, "1")
}

// Unblock undoes [Client.Block].
func (c *Client) Unblock(ctx context.Context, user string) (Ack, error) {
	return c.Set(ctx, wire.SettingBlock+user, "")
}

// Hide deletes a message for this user alone, on all of their devices.
func (c *Client) Hide(ctx context.Context, channel string, seq uint64) (Ack, error) {
	return c.Set(ctx, wire.SettingHide+channel+"/"+strconv.FormatUint(seq, 10), "1")
}
