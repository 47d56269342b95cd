package webpush

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"natterjack/server/internal/push"
)

// TestSubscription shows that a subscription reaches its device in each form in which applications
// write its keys.
func TestSubscription(t *testing.T) {
	s, sender := newSender(t, time.Minute)
	want := s.target()
	for name, encoding := range map[string]*base64.Encoding{
		"base64url": base64.RawURLEncoding, "padded": base64.URLEncoding, "base64": base64.StdEncoding, "base64 without padding": base64.RawStdEncoding,
	} {
		target, err := Subscription{want.Address, encoding.EncodeToString(want.Key), encoding.EncodeToString(want.Auth)}.Target()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if o := sender.Send(t.Context(), target, notification()); o.Result != push.Sent {
			t.Errorf("%s: %+v", name, o)
		}
	}
}

func TestSubscription_saysNothing(t *testing.T) {
	s := Subscription{Endpoint: "https://push.example.com/secret", P256DH: "secret", Auth: "secret"}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(format, s); strings.Contains(got, "secret") {
			t.Errorf("%s prints %s", format, got)
		}
	}
}

func TestSubscription_refuses(t *testing.T) {
	s, _ := newSender(t, time.Minute)
	encode := base64.RawURLEncoding.EncodeToString
	key, auth := encode(s.target().Key), encode(s.target().Auth)
	for name, keys := range map[string][2]string{
		"no key": {"", auth}, "no secret": {key, ""}, "a short key": {key[:40], auth}, "a long secret": {key, auth + "AAAA"},
		"no point": {encode(make([]byte, publicLen)), auth}, "no base64": {"!" + key[1:], auth}, "a compressed key": {encode(append([]byte{2}, s.target().Key[1:33]...)), auth},
	} {
		if _, err := (Subscription{s.URL, keys[0], keys[1]}).Target(); err == nil || strings.Contains(err.Error(), auth) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
