package natter

import (
	"context"
	"slices"

	"natterjack/server/wire"
)

// Profile is what a user says about themselves, as far as the client's user may see it.
type Profile = wire.Profile

// Picture is the picture of a user or a group. The picture of an id never changes.
type Picture = wire.Picture

// Status is what a user says about what they do now.
type Status = wire.Status

// ProfileUpdate holds the parts of the user's profile that [Client.SetProfile] changes. A nil field
// is left as it is, and an empty value removes that part.
type ProfileUpdate struct {
	Name    *string
	Picture *Attached // from [Client.UploadPicture] for the user's own channel; the zero value removes it
	Zone    *string   // an IANA name such as Europe/Berlin
	Status  *Status
}

// SetProfile changes the user's own profile.
func (c *Client) SetProfile(ctx context.Context, u ProfileUpdate) (Ack, error) {
	return change(ctx, c, wire.SetProfile{ClientID: newClientID(), ProfileChange: wire.ProfileChange{
		Name: u.Name, Zone: u.Zone, Status: u.Status, Picture: pictureOf(u.Picture),
	}})
}

// pictureOf returns the form in which a command names an uploaded picture.
func pictureOf(a *Attached) *wire.Picture {
	if a == nil {
		return nil
	}
	return &wire.Picture{ID: a.Attachment.ID, Ticket: a.Ticket}
}

// Profiles returns the profiles of users, in the same order. It asks as often as it has to. If a
// channel is given, the profiles tell which of the users imitate another member of it.
func (c *Client) Profiles(ctx context.Context, channel string, users ...string) ([]Profile, error) {
	var all []Profile
	for some := range slices.Chunk(users, wire.MaxProfiles) {
		f, err := ask[wire.Profiles](ctx, c, wire.GetProfiles{Users: some, Channel: channel})
		if err != nil {
			return nil, err
		}
		if len(f.Users) != len(some) {
			return nil, protocolErrorf("the server answered for %d of %d users", len(f.Users), len(some))
		}
		all = append(all, f.Users...)
	}
	return all, nil
}

// PictureURL says where a picture can be read, for about a day.
type PictureURL = wire.PictureURL

// Pictures returns where pictures can be read, in the large size or in the small one. Pictures that
// the user may not see, or that belong to no profile or group any more, are missing.
func (c *Client) Pictures(ctx context.Context, large bool, ids ...string) ([]PictureURL, error) {
	rendition := wire.RenditionSmall
	if large {
		rendition = wire.RenditionLarge
	}
	var all []PictureURL
	for some := range slices.Chunk(ids, wire.MaxPictures) {
		f, err := ask[wire.Pictures](ctx, c, wire.GetPictures{IDs: some, Rendition: rendition})
		if err != nil {
			return nil, err
		}
		all = append(all, f.Pictures...)
	}
	return all, nil
}

// OwnChannel returns the channel of a user's own settings and picture.
func OwnChannel(user string) string { return wire.OwnChannel(user) }

// UploadPicture uploads a picture of the user, for their own channel, or of a group. It is
// otherwise as [Client.Upload].
func (c *Client) UploadPicture(ctx context.Context, channel string, f File) (Attached, error) {
	return c.upload(ctx, channel, f, wire.ForPicture)
}
