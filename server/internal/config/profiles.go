package config

import "errors"

// Profiles says which users see the names and pictures of others, and which parts of a profile come
// from an identity provider.
type Profiles struct {
	VisibleTo string `conf:"visible_to"` // everyone or channels
	NameClaim string `conf:"name_claim"` // with the display name; empty if it is not taken
	ZoneClaim string `conf:"zone_claim"` // with the time zone; likewise
	// Users cannot set the parts that the provider tells.
	FixedName bool `conf:"fixed_name"`
	FixedZone bool `conf:"fixed_zone"`
}

const (
	toEveryone = "everyone" // all users who have signed in
	toChannels = "channels" // only users who share a channel with the user
)

func defaultProfiles() Profiles {
	return Profiles{VisibleTo: toEveryone, NameClaim: "name", ZoneClaim: "zoneinfo"}
}

// Reserved reports whether names and pictures are shown only to users who share a channel.
func (p *Profiles) Reserved() bool { return p.VisibleTo == toChannels }

func (c *Config) checkProfiles() error {
	p := &c.Profiles
	var errs []error
	if p.VisibleTo != toEveryone && p.VisibleTo != toChannels {
		errs = append(errs, errors.New("profiles.visible_to: must be everyone or channels"))
	}
	if p.FixedName && (p.NameClaim == "" || c.Auth.Issuer == "") {
		errs = append(errs, errors.New("profiles.fixed_name: no user could have a name: set auth.issuer and profiles.name_claim, or take fixed_name out"))
	}
	if p.FixedZone && (p.ZoneClaim == "" || c.Auth.Issuer == "") {
		errs = append(errs, errors.New("profiles.fixed_zone: no user could have a time zone: set auth.issuer and profiles.zone_claim, or take fixed_zone out"))
	}
	return errors.Join(errs...)
}
