package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	natter "natterjack/clients/go"
	"natterjack/server/wire"
)

type pushCmd struct {
	List     pushListCmd     `cmd:"" help:"Show by which ways the server notifies you, and on which devices."`
	Add      pushAddCmd      `cmd:"" help:"Have the server call a URL for each message that you are notified of."`
	Remove   pushRemoveCmd   `cmd:"" help:"End notifications on a device, or by a webhook."`
	Test     pushTestCmd     `cmd:"" help:"Send a test notification to a device now, and wait for the receiver's answer."`
	Log      pushLogCmd      `cmd:"" help:"Show for which messages you got notifications, for which not, and why."`
	Level    pushLevelCmd    `cmd:"" help:"Set for which messages you get notifications: all, mentions or none."`
	Snooze   pushSnoozeCmd   `cmd:"" help:"Pause notifications for a while."`
	Quiet    pushQuietCmd    `cmd:"" help:"Set your weekly quiet hours."`
	Keywords pushKeywordsCmd `cmd:"" help:"Set the words that count as a mention of you."`
}

type pushListCmd struct {
	account
	patience
}

// Run implements the command.
func (c *pushListCmd) Run(ctx context.Context, t *terminal) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		push, err := client.Push(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return c.printer(t).object(push)
		}
		if _, err := fmt.Fprintln(t.out, offers(&push)); err != nil {
			return err
		}
		return printAll(&c.account, t, push.Subscriptions, device)
	})
}

// reasons are the words for why a server does not tell.
var reasons = map[wire.PushReason]string{
	wire.PushIsOff:       "push is off on this server",
	wire.PushNoPublicURL: "browsers get no notifications: the operator has configured no public_url",
	wire.PushNoKey:       "browsers get no notifications: the log was made by an early version and has no key for them",
}

// offers says by which ways a server notifies users.
func offers(p *natter.Push) string {
	kinds := make([]string, len(p.Kinds))
	for i, kind := range p.Kinds {
		kinds[i] = oneLine(string(kind))
	}
	text := ""
	if len(kinds) > 0 {
		text = "this server notifies by " + strings.Join(kinds, ", ")
	}
	if why := reasons[p.Reason]; why != "" {
		text += choose(text == "", "", "; ") + why
	}
	return text
}

func device(s natter.PushSubscription) string {
	state := string(s.State)
	if s.Reason != "" {
		state += " (" + s.Reason + ")"
	}
	told := "not notified yet"
	if s.Told != 0 {
		told = "notified " + time.UnixMilli(s.Told).Format(time.DateTime)
	}
	return fmt.Sprintf("%s  %s  since %s  %s  %s  %s", oneLine(s.ID), oneLine(string(s.Kind)), time.UnixMilli(s.Since).Format(time.DateTime),
		oneLine(state), told, oneLine(s.Label))
}

type pushAddCmd struct {
	account
	patience
	URL   string `arg:"" help:"URL of the receiver: https, at port 443 of a public host."`
	Label string `placeholder:"TEXT" help:"Name by which you know the webhook."`
}

// Run implements the command.
func (c *pushAddCmd) Run(ctx context.Context, t *terminal) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		id, secret, err := client.SubscribeWebhook(ctx, c.URL, c.Label)
		if err != nil {
			return err
		}
		if c.JSON {
			return c.printer(t).object(map[string]string{"id": id, "secret": secret})
		}
		_, err = fmt.Fprintf(t.out, "%s\n%s\n", id, secret)
		_, _ = fmt.Fprintln(t.err, "The first line is the id of the webhook. The second is the secret that verifies its calls (Standard Webhooks); it is not shown again.")
		return err
	})
}

type pushRemoveCmd struct {
	account
	patience
	ID string `arg:"" help:"Id of the device or webhook; natter push list shows it."`
}

// Run implements the command.
func (c *pushRemoveCmd) Run(ctx context.Context, t *terminal) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		ack, err := client.UnsubscribePush(ctx, c.ID)
		if err != nil {
			return err
		}
		return c.stored(t, ack)
	})
}

type pushTestCmd struct {
	account
	patience
	ID string `arg:"" help:"Id of the device or webhook; natter push list shows it."`
}

// Run implements the command. It fails unless the receiver has taken the notification.
func (c *pushTestCmd) Run(ctx context.Context, t *terminal) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		tested, err := client.TestPush(ctx, c.ID)
		if err != nil {
			return err
		}
		if c.JSON {
			err = c.printer(t).object(tested)
		} else {
			_, err = fmt.Fprintf(t.out, "%s: %s\n", oneLine(string(tested.Result)), oneLine(tested.Reason))
		}
		if err == nil && tested.Result != wire.PushSent {
			err = fmt.Errorf("the notification was not accepted: %s", oneLine(tested.Reason))
		}
		return err
	})
}

type pushLogCmd struct {
	account
	patience
	Channel string `placeholder:"CHANNEL" help:"Only entries of this channel."`
	Limit   int    `default:"50" help:"How many entries, up to 100 (${default})."`
	Before  uint64 `placeholder:"POS" help:"Only entries before that one."`
}

// Run implements the command.
func (c *pushLogCmd) Run(ctx context.Context, t *terminal) error {
	ctx, cancel := c.context(ctx)
	defer cancel()
	return c.act(ctx, t, func(ctx context.Context, client *natter.Client, _ natter.Session) error {
		entries, _, err := client.PushLog(ctx, natter.PushLogQuery{Before: c.Before, Limit: c.Limit, Channel: c.Channel})
		if err != nil {
			return err
		}
		return printAll(&c.account, t, entries, func(e natter.PushLogEntry) string {
			text := fmt.Sprintf("%d  %s  %s %d  %s: %s", e.Pos, time.UnixMilli(e.Timestamp).Format(time.DateTime), oneLine(e.Channel), e.Seq,
				oneLine(string(e.Verdict)), oneLine(e.Reason))
			if e.ID != "" {
				text += "  " + oneLine(e.ID) + " " + oneLine(string(e.Result))
			}
			return text
		})
	})
}
