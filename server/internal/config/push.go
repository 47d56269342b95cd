package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"natterjack/server/wire"
)

// Push says by which ways users are notified of messages, and how much notifications say.
type Push struct {
	Off bool `conf:"off"`
	// PublicURL is where users and the operators of push services reach this server. Without it,
	// and without a contact, push services of browsers take nothing.
	PublicURL string `conf:"public_url"`
	Contact   string `conf:"contact"` // mailto: or https, for the operators of push services instead
	Content   string `conf:"content"` // the most that a notification says: full, sender or none
	FCM       FCM    `conf:"fcm"`
	APNs      APNs   `conf:"apns"`
	Webhook   struct {
		Off bool `conf:"off"`
	} `conf:"webhook"`
	SMTP SMTP `conf:"smtp"`

	// For receivers in the operator's own network, and tests: networks that users may name, ports
	// besides 443, whether http will do, and a file with certificates to trust besides the
	// system's.
	Allow []string `conf:"allow"`
	Ports []int    `conf:"ports"`
	Plain bool     `conf:"plain"`
	CA    string   `conf:"ca"`

	Allowed []netip.Prefix // Allow, parsed
}

// FCM is the operator's account with Google's service, for Android devices.
type FCM struct {
	KeyFile string `conf:"key_file"` // the JSON of a service account
	Host    string `conf:"host"`     // another than Google's, for tests
}

// APNs is the operator's key for Apple's service.
type APNs struct {
	KeyFile string `conf:"key_file"` // a .p8 file
	KeyID   string `conf:"key_id"`
	Team    string `conf:"team"`
	Topic   string `conf:"topic"`   // the bundle identifier of the application
	Sandbox bool   `conf:"sandbox"` // for builds that did not come from Apple's store
	Host    string `conf:"host"`    // another than Apple's, for tests
}

func defaultPush() Push { return Push{Content: string(wire.PushFull)} }

// Subject returns where the operators of push services reach the operator of this server, or
// nothing.
func (p *Push) Subject() string {
	if p.Contact != "" {
		return p.Contact
	}
	return p.PublicURL
}

func (c *Config) checkPush() error {
	p := &c.Push
	var errs []error
	if !slices.Contains([]string{string(wire.PushFull), string(wire.PushSender), string(wire.PushNone)}, p.Content) {
		errs = append(errs, fmt.Errorf("push.content: %q is none of full, sender and none", p.Content))
	}
	if p.PublicURL != "" {
		errs = append(errs, publicURL(p.PublicURL))
	}
	if a := p.APNs; a != (APNs{}) && (a.KeyFile == "" || a.KeyID == "" || a.Team == "" || a.Topic == "") {
		errs = append(errs, errors.New("push.apns: key_file, key_id, team and topic go together: set all of them, or none"))
	}
	if p.FCM.KeyFile == "" && p.FCM.Host != "" {
		errs = append(errs, errors.New("push.fcm: host is set, and key_file is not"))
	}
	for _, port := range p.Ports {
		errs = append(errs, within("push.ports", port, 1, 65535))
	}
	return errors.Join(append(errs, c.checkAllowed(), c.checkSMTP())...)
}

// checkAllowed reads the networks that users may name. It warns: services that listen there without
// a password are then open to all users.
func (c *Config) checkAllowed() error {
	p := &c.Push
	var errs []error
	p.Allowed = nil
	for _, text := range p.Allow {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			errs = append(errs, fmt.Errorf("push.allow: %q is not a network such as 10.1.0.0/16", text))
			continue
		}
		p.Allowed = append(p.Allowed, prefix.Masked())
	}
	if len(p.Allow) > 0 || p.Plain || len(p.Ports) > 0 {
		c.Warnings = append(c.Warnings, fmt.Sprintf("push: allow %s, ports %v, plain %v: every user can have this node send requests there; "+
			"whatever listens there must ask for a password, or come to no harm from such requests", strings.Join(p.Allow, " "), p.Ports, p.Plain))
	}
	return errors.Join(errs...)
}

func publicURL(text string) error {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("push.public_url: must be like https://chat.example.com")
	}
	return nil
}
