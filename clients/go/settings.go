package natter

import (
	"context"
	"strconv"
	"time"

	"natterjack/server/wire"
)

// Setting is one of the user's own settings; see [wire.Set] for the names.
type Setting = wire.Setting

// Set changes one of the user's own settings; an empty value takes it away. All of his devices get the change as an event of kind
// setting in his own channel.
func (c *Client) Set(ctx context.Context, name, value string) (Ack, error) {
	return change(ctx, c, wire.Set{Name: name, Value: value, ClientID: newClientID()})
}

// Settings are the user's own settings whose names start with a prefix, ascending by name.
func (c *Client) Settings(ctx context.Context, prefix string) ([]Setting, error) {
	cmd := wire.GetSettings{Prefix: prefix}
	if err := cmd.Validate(unlimited); err != nil {
		return nil, err
	}
	f, err := call[wire.Settings](ctx, c, newRequest(func(ref uint64) wire.Command {
		cmd.Ref = wire.Ref{Ref: ref}
		return cmd
	}))
	return f.Settings, err
}

// Mute keeps a channel quiet on all of the user's devices: until a time, or where that is zero, for good.
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

// Block keeps a user from writing to the direct channel with this one.
func (c *Client) Block(ctx context.Context, user string) (Ack, error) {
	return c.Set(ctx, wire.SettingBlock+user, "1")
}

// Unblock undoes [Client.Block].
func (c *Client) Unblock(ctx context.Context, user string) (Ack, error) {
	return c.Set(ctx, wire.SettingBlock+user, "")
}

// Hide deletes a message for this user alone, on all of his devices.
func (c *Client) Hide(ctx context.Context, channel string, seq uint64) (Ack, error) {
	return c.Set(ctx, wire.SettingHide+channel+"/"+strconv.FormatUint(seq, 10), "1")
}
