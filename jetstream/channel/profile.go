package channel

import (
	"unicode/utf8"

	"natterjack/jetstream/channel/lookalike"
	"natterjack/server/wire"
)

// Profile is what a user says about themselves, after some event of their own channel. A user who
// has said nothing has the zero profile.
type Profile struct {
	Name string
	// Since when the user has had a name that looks like this one, Unix milliseconds. Of two users
	// whose names look alike, it tells which one imitates the other.
	Named    int64
	Picture  wire.Picture // the zero picture is none
	Zone     string
	Status   wire.Status
	Provided Provided
	Version  uint64 // how many times it has changed
}

// Provided says which parts of a profile are from the user's identity provider.
type Provided struct{ Name, Zone bool }

// FoldProfile returns a profile after one more event of its user's own channel.
func FoldProfile(p Profile, r *wire.Record) Profile {
	c := r.Profile
	if r.Kind != wire.KindProfile || c == nil {
		return p
	}
	p.Version++
	if c.Name != nil {
		if p.Name != *c.Name && !lookalike.Of(p.Name).Like(lookalike.Of(*c.Name)) {
			p.Named = When(r)
		}
		p.Name, p.Provided.Name = *c.Name, c.Provided
	}
	if c.Zone != nil {
		p.Zone, p.Provided.Zone = *c.Zone, c.Provided
	}
	set(&p.Picture, c.Picture)
	set(&p.Status, c.Status)
	return p
}

// setProfile changes the profile of the user, in the user's own channel. As for [act.set], the
// present profile may not be known here, so the command is accepted even if it changes nothing.
func (a *act) setProfile(c wire.SetProfile) ([]wire.Record, error) {
	if owner, ok := wire.OwnerOf(a.channel); !ok || owner != a.user {
		return nil, Forbidden()
	}
	change, err := cleanProfile(c.ProfileChange)
	if err == nil && c.Picture != nil {
		err = withPictureFacts(c.Picture)
	}
	if err != nil {
		return nil, err
	}
	return a.inOwn(wire.KindProfile, wire.Record{Profile: &change}), nil
}

// inOwn returns an event in the user's own channel. The first one creates the channel.
func (a *act) inOwn(kind wire.Kind, r wire.Record) []wire.Record {
	var events []wire.Record
	if !a.st.Exists() {
		events = []wire.Record{{
			Kind: wire.KindMeta,
			ID:   a.env.NewID(), Sender: a.user, Timestamp: a.now(), // no client id: the other event has it
			Meta: &wire.Meta{Action: wire.ActionCreated, Kind: wire.Own, Members: []string{a.user}},
		}}
	}
	return append(events, a.event(kind, r)...)
}

// DisplayName returns a name as it is stored, or an empty string if it cannot be a display name.
func DisplayName(name string) string {
	name, err := cleanName(name, wire.MaxNameLen)
	if err != nil {
		return ""
	}
	return name
}

// cleanProfile brings the names and texts of a profile into the form in which names are stored.
func cleanProfile(c wire.ProfileChange) (wire.ProfileChange, error) {
	if c.Name != nil && *c.Name != "" {
		name, err := cleanName(*c.Name, wire.MaxNameLen)
		if err != nil {
			return c, err
		}
		c.Name = &name
	}
	if c.Status != nil {
		status := *c.Status
		if status.Text = clean(status.Text); utf8.RuneCountInString(status.Text) > wire.MaxStatusLen {
			return c, wire.Errorf(wire.CodeInvalid, "status.text: must have at most %d characters", wire.MaxStatusLen)
		}
		c.Status = &status
	}
	return c, nil
}

// withPictureFacts returns an error if a picture has no facts. As for attachments, the node that
// takes a command from its client puts them in the place of the ticket.
func withPictureFacts(p *wire.Picture) error {
	if p.Ticket != "" {
		return wire.Errorf(wire.CodeInvalid, "picture.ticket: cannot be used")
	}
	return p.Validate()
}

// sameProfile reports whether a change that was stored is the one that a command asks for.
func sameProfile(stored *wire.ProfileChange, sent wire.ProfileChange) bool {
	sent, err := cleanProfile(sent)
	return err == nil && stored != nil && stored.Provided == sent.Provided &&
		equal(stored.Name, sent.Name) && equal(stored.Zone, sent.Zone) && equal(stored.Status, sent.Status) &&
		equal(givenPicture(stored.Picture), givenPicture(sent.Picture))
}

// givenPicture returns a picture with only the members that a client may give, and without the
// ticket, which differs when the client tries again.
func givenPicture(p *wire.Picture) *wire.Picture {
	if p == nil {
		return nil
	}
	return &wire.Picture{ID: p.ID}
}

func equal[T comparable](a, b *T) bool {
	return a == nil && b == nil || a != nil && b != nil && *a == *b
}

// MayPicture returns why a user may not set the picture of the channel with an id, or nil. For the
// user's own channel, which need not exist yet, it is the picture of the user.
func MayPicture(st *State, channel, user string) error {
	if owner, own := wire.OwnerOf(channel); own && owner == user {
		return nil
	}
	a := &act{st: st, channel: channel, user: user}
	if err := a.may(wire.UpdateChannel{}); err != nil {
		return err
	}
	if st.Archived {
		return archived()
	}
	return nil
}
