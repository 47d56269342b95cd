package prefs

import (
	"net/url"
	"strings"

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// Provider names the third party that a notification for a subscription is given to: the host of an
// endpoint, or the service. If it hangs, all of its subscriptions wait, and no others. It is no
// secret.
func Provider(s *channel.Subscription) string {
	switch s.Kind {
	case wire.PushWeb, wire.PushWebhook:
		u, err := url.Parse(s.Address)
		if err != nil {
			return string(s.Kind)
		}
		return strings.ToLower(u.Host)
	default:
		return string(s.Kind)
	}
}
