package jetstream

import (
	"context"
	"time"
	_ "time/tzdata" // not every machine has the time zones

	"natterjack/jetstream/channel"
	"natterjack/server/wire"
)

// profilesPerMin is how many changes of their profile a user may make a minute on one node. Each
// change is looked at for everybody who shares a channel with the user.
const profilesPerMin = 20

// allowed returns why a user may not make a change of their profile that is valid, or nil.
func (l *Log) allowed(c *wire.SetProfile) error {
	switch {
	case c.Name != nil && l.about.FixedName && !c.Provided:
		return wire.Errorf(wire.CodeForbidden, "name: comes from your identity provider; change it there")
	case c.Zone != nil && l.about.FixedZone && !c.Provided:
		return wire.Errorf(wire.CodeForbidden, "zone: comes from your identity provider; change it there")
	case c.Zone != nil:
		_, err := wire.Zone(*c.Zone)
		return err
	}
	return nil
}

// chargeProfile counts a change of a user's profile, or refuses it. A retry of a stored change is
// not counted.
func (l *Log) chargeProfile(user string, cmd wire.Change) error {
	c, ok := cmd.(wire.SetProfile)
	if !ok {
		return nil
	}
	if c.ClientID != "" {
		stored, err := l.view.Find(wire.OwnChannel(user), user, c.ClientID)
		if err != nil || stored != nil {
			return err
		}
	}
	return l.growth.takeProfile(time.Now(), user)
}

// Claims are the facts that an identity provider gives about a user. An empty part says nothing.
type Claims struct{ Name, Zone string }

// Provide sets those parts of a user's profile that an identity provider tells. If users may set a
// part too, it does not replace the part that the user has set. A value that cannot be a part of a
// profile, such as a name that is too long, is left out.
func (l *Log) Provide(ctx context.Context, user string, claims Claims) error {
	if err := l.awaitLatest(ctx, wire.OwnChannel(user)); err != nil { // for the claims of an earlier token
		return err
	}
	all, err := l.view.Profiles([]string{user})
	if err != nil {
		return err
	}
	p, cmd := &all[0], wire.SetProfile{}
	takes := func(claim, has string, provided, fixed bool) bool {
		return claim != "" && claim != has && (fixed || has == "" || provided)
	}
	if name := l.nameIn(claims.Name); takes(name, p.Name, p.Provided.Name, l.about.FixedName) {
		cmd.Name = &name
	}
	if zone := l.zoneIn(claims.Zone); takes(zone, p.Zone, p.Provided.Zone, l.about.FixedZone) {
		cmd.Zone = &zone
	}
	if cmd.Name == nil && cmd.Zone == nil {
		return nil
	}
	cmd.Provided = true
	_, err = l.Change(ctx, user, cmd)
	return err
}

// nameIn returns the display name that a claim tells, as it is stored, or an empty string.
func (l *Log) nameIn(claim string) string {
	cmd := wire.SetProfile{ProfileChange: wire.ProfileChange{Name: &claim}}
	if cmd.Validate(l.limits) != nil {
		return ""
	}
	return channel.DisplayName(claim)
}

// zoneIn returns the time zone that a claim tells, or an empty string.
func (l *Log) zoneIn(claim string) string {
	cmd := wire.SetProfile{ProfileChange: wire.ProfileChange{Zone: &claim}}
	if cmd.Validate(l.limits) != nil {
		return ""
	}
	if _, err := wire.Zone(claim); err != nil {
		return ""
	}
	return claim
}
