package jetstream

import (
	"context"
	"math"
	"slices"
	"time"

	"natterjack/jetstream/channel"
	"natterjack/jetstream/channel/lookalike"
	"natterjack/jetstream/operation"
	"natterjack/server/wire"
)

// Profiles says who may set which part of a profile, and who sees it.
type Profiles struct {
	// FixedName and FixedZone mean that only an identity provider sets it, see [Log.Provide].
	FixedName, FixedZone bool
	// Reserved means that names and pictures are shown only to users who share a channel with their
	// owner. Otherwise they are for everybody.
	Reserved bool
}

// lookedPerCommand is how many memberships or members may be looked at for the price of a command.
const lookedPerCommand = 50

// profiles answers get_profiles.
func (l *Log) profiles(ctx context.Context, c operation.Caller, cmd wire.GetProfiles) (reply wire.Profiles, err error) {
	var st *channel.State
	if cmd.Channel != "" {
		if st, err = l.awaitChannel(ctx, c.User, cmd.Channel); err != nil {
			return reply, err
		}
	}
	if slices.Contains(cmd.Users, c.User) { // users see their own profile once they have changed it
		if err := l.awaitLatest(ctx, wire.OwnChannel(c.User)); err != nil {
			return reply, err
		}
	}
	all, err := l.view.Profiles(cmd.Users)
	if err != nil {
		return reply, err
	}
	shares, err := l.sharing(c.User, cmd.Users, st)
	if err != nil {
		return reply, err
	}
	imitated := make([]string, len(all))
	if st != nil {
		if imitated, err = l.imitated(st, cmd.Users, all); err != nil {
			return reply, err
		}
		l.rates.worked(time.Now(), c.User, len(st.Members)/lookedPerCommand)
	}
	reply.Users = make([]wire.Profile, len(all))
	for i, user := range cmd.Users {
		reply.Users[i] = l.shown(c.User, user, &all[i], shares[i])
		if reply.Users[i].Name != "" {
			reply.Users[i].Imitates = imitated[i]
		}
	}
	return reply, nil
}

// sharing reports for each user whether a viewer shares a channel with them: the one with the given
// state, if there is one, or another. The memberships that it reads count as commands of the
// viewer.
func (l *Log) sharing(viewer string, users []string, st *channel.State) ([]bool, error) {
	shares, rest, at := make([]bool, len(users)), []string(nil), []int(nil)
	for i, user := range users {
		if shares[i] = user == viewer || st.Member(user); !shares[i] {
			rest, at = append(rest, user), append(at, i)
		}
	}
	if len(rest) == 0 {
		return shares, nil
	}
	found, looked, err := l.view.Shares(viewer, rest)
	l.rates.worked(time.Now(), viewer, looked/lookedPerCommand)
	for i, shared := range found {
		shares[at[i]] = shared
	}
	return shares, err
}

// shown returns a profile as a viewer may see it, who shares a channel with its user or does not.
func (l *Log) shown(viewer, user string, p *channel.Profile, shares bool) wire.Profile {
	shown := wire.Profile{User: user}
	if l.about.Reserved && !shares {
		return shown
	}
	shown.Name, shown.Version = p.Name, p.Version
	if p.Picture.ID != "" {
		shown.Picture = new(p.Picture)
	}
	if !shares || l.view.Blocked(user, viewer) {
		return shown
	}
	shown.Zone = p.Zone
	if s := p.Status; s != (wire.Status{}) && (s.Until == 0 || s.Until > l.clock.now().UnixMilli()) {
		shown.Status = &s
	}
	return shown
}

// imitated returns for each user the member of a channel whose display name or id their display
// name looks like, and who had it first, or an empty string. Users have always had their ids.
func (l *Log) imitated(st *channel.State, users []string, profiles []channel.Profile) ([]string, error) {
	members, err := l.view.Profiles(st.Members)
	if err != nil {
		return nil, err
	}
	index := lookalike.NewIndex()
	for i, member := range st.Members {
		index.Add(member, lookalike.Of(member), math.MinInt64)
		if members[i].Name != "" {
			index.Add(member, lookalike.Of(members[i].Name), members[i].Named)
		}
	}
	imitated := make([]string, len(users))
	for i, user := range users {
		name, since := lookalike.Of(profiles[i].Name), profiles[i].Named
		if name.Like(lookalike.Of(user)) {
			since = math.MinInt64
		}
		if profiles[i].Name != "" && st.Member(user) {
			imitated[i] = index.First(user, name, since)
		}
	}
	return imitated, nil
}

// MayPicture returns why a user may not set the picture of a channel, or nil. Users may set the
// picture of their own channel, and of a group that they may rename.
func (l *Log) MayPicture(ctx context.Context, user, id string) error {
	if owner, own := wire.OwnerOf(id); own && owner == user {
		return nil
	}
	st, err := l.awaitChannel(ctx, user, id)
	if err != nil {
		return err
	}
	return channel.MayPicture(st, id, user)
}

// SeenPictures returns which of some pictures a user may see now, each once: pictures of users
// whose profiles show them to the user, and of groups that the user is in. The entries that it
// reads count as commands of the user.
func (l *Log) SeenPictures(user string, ids []string) (seen []string, err error) {
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	of, err := l.view.PicturesOf(ids)
	if err != nil {
		return nil, err
	}
	l.rates.worked(time.Now(), user, len(ids)/lookedPerCommand)
	var owners, reserved []string // only users who share a channel with the owner see the reserved parts
	for i, id := range ids {
		owner, own := wire.OwnerOf(of[i])
		switch {
		case of[i] == "":
		case own && l.about.Reserved && owner != user:
			owners, reserved = append(owners, owner), append(reserved, id)
		case own:
			seen = append(seen, id)
		default:
			member, err := l.view.Member(user, of[i])
			if err != nil {
				return nil, err
			}
			if member {
				seen = append(seen, id)
			}
		}
	}
	shares, err := l.sharing(user, owners, nil)
	for i, shared := range shares {
		if shared {
			seen = append(seen, reserved[i])
		}
	}
	return seen, err
}
