package natter

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"natterjack/server/wire"
)

// Role is what a member may do in a group.
type Role = wire.Role

// The roles, from the highest to the lowest.
const (
	RoleOwner  = wire.RoleOwner
	RoleAdmin  = wire.RoleAdmin
	RoleMember = wire.RoleMember
	RoleReader = wire.RoleReader
)

// Content is what a message says.
type Content = wire.Content

// SendContent sends a message that is more than a text: a reply, or a text with mentions.
// Otherwise it works like [Client.Send].
func (c *Client) SendContent(ctx context.Context, channel string, content Content, options ...SendOption) (Ack, error) {
	return c.send(ctx, wire.Send{Channel: channel, Content: content}, options)
}

// Forward sends the text of a message to another channel, under the name of its author.
func (c *Client) Forward(ctx context.Context, channel, from string, seq uint64, options ...SendOption) (Ack, error) {
	return ask[Ack](ctx, c, wire.Forward{
		Channel: channel, ClientID: applied(options).clientID, From: wire.ChannelSeq{Channel: from, Seq: seq},
	})
}

// Edit replaces the content of one of the user's own messages.
//
// Edit and all changes below return once the change is stored. They are repeated until then, as
// long as ctx lasts. A repeat does not apply the change twice. If the server refuses the
// change, the error is the server's [*Error]. Any other error means that the outcome is not
// known.
func (c *Client) Edit(ctx context.Context, channel string, seq uint64, content Content, options ...SendOption) (Ack, error) {
	return change(ctx, c, wire.Edit{Channel: channel, Seq: seq, ClientID: applied(options).clientID, Content: content})
}

// Delete erases a message for everybody. A tombstone stays in its place.
func (c *Client) Delete(ctx context.Context, channel string, seq uint64) (Ack, error) {
	return change(ctx, c, wire.Delete{Channel: channel, Seq: seq, ClientID: newClientID()})
}

// React adds an emoji to a message.
func (c *Client) React(ctx context.Context, channel string, seq uint64, emoji string, options ...SendOption) (Ack, error) {
	return change(ctx, c, wire.React{Channel: channel, Seq: seq, Emoji: emoji, ClientID: applied(options).clientID})
}

// Unreact removes the user's own emoji from a message.
func (c *Client) Unreact(ctx context.Context, channel string, seq uint64, emoji string, options ...SendOption) (Ack, error) {
	return change(ctx, c, wire.React{Channel: channel, Seq: seq, Emoji: emoji, Remove: true, ClientID: applied(options).clientID})
}

// Pin pins a message for everybody in the channel.
func (c *Client) Pin(ctx context.Context, channel string, seq uint64, options ...SendOption) (Ack, error) {
	return change(ctx, c, wire.Pin{Channel: channel, Seq: seq, ClientID: applied(options).clientID})
}

// Unpin removes the pin from a message.
func (c *Client) Unpin(ctx context.Context, channel string, seq uint64, options ...SendOption) (Ack, error) {
	return change(ctx, c, wire.Pin{Channel: channel, Seq: seq, Remove: true, ClientID: applied(options).clientID})
}

// ChannelUpdate holds the settings of a group that [Client.UpdateChannel] changes. A nil field
// is left as it is.
type ChannelUpdate struct {
	Name      *string
	Topic     *string
	SlowModeS *int // in seconds, between two messages of one member
	Archived  *bool
	Picture   *Attached // from [Client.UploadPicture] for the group; the zero value removes it
}

// UpdateChannel changes settings of a group.
func (c *Client) UpdateChannel(ctx context.Context, channel string, u ChannelUpdate) (Ack, error) {
	return change(ctx, c, wire.UpdateChannel{
		Channel: channel, Name: u.Name, Topic: u.Topic, SlowModeS: u.SlowModeS, Archived: u.Archived, Picture: pictureOf(u.Picture), ClientID: newClientID(),
	})
}

// AddMembers adds users to a group. It also accepts users who asked to join.
func (c *Client) AddMembers(ctx context.Context, channel string, users ...string) (Ack, error) {
	return change(ctx, c, wire.AddMembers{Channel: channel, Members: users, ClientID: newClientID()})
}

// RemoveMember removes a user from a group, or refuses a user who asked to join.
func (c *Client) RemoveMember(ctx context.Context, channel, user string) (Ack, error) {
	return change(ctx, c, wire.RemoveMember{Channel: channel, User: user, ClientID: newClientID()})
}

// Ban removes a user from a group and keeps them out.
func (c *Client) Ban(ctx context.Context, channel, user string) (Ack, error) {
	return change(ctx, c, wire.RemoveMember{Channel: channel, User: user, Ban: true, ClientID: newClientID()})
}

// Unban lets a banned user come back.
func (c *Client) Unban(ctx context.Context, channel, user string) (Ack, error) {
	return change(ctx, c, wire.Unban{Channel: channel, User: user, ClientID: newClientID()})
}

// SetRole gives a member of a group another role. With [RoleOwner] the user hands the group
// over to that member.
func (c *Client) SetRole(ctx context.Context, channel, user string, role Role) (Ack, error) {
	return change(ctx, c, wire.SetRole{Channel: channel, User: user, Role: role, ClientID: newClientID()})
}

// Leave removes the user from a group.
func (c *Client) Leave(ctx context.Context, channel string) (Ack, error) {
	return change(ctx, c, wire.Leave{Channel: channel, ClientID: newClientID()})
}

// DeleteChannel deletes a group for everybody and erases its log.
func (c *Client) DeleteChannel(ctx context.Context, channel string) (Ack, error) {
	return change(ctx, c, wire.DeleteChannel{Channel: channel, ClientID: newClientID()})
}

// InviteTerms are the terms of an invite. The zero value has no expiry, no limit of uses, and
// needs no approval.
type InviteTerms struct {
	ExpiresS int  // seconds from now; 0 means never
	Uses     int  // 0 means without limit
	Approval bool // a user who joins waits until an admin adds them
}

// CreateInvite creates an invite to a group and returns its secret. Anybody who has the secret
// can join. The server and its log know only the hash of the secret. A lost secret cannot be
// read again: keep it, or create another invite.
func (c *Client) CreateInvite(ctx context.Context, channel string, terms InviteTerms) (secret string, err error) {
	secret = rand.Text() // 130 bits
	_, err = change(ctx, c, wire.CreateInvite{
		Channel: channel, Hash: InviteHash(secret), ExpiresS: terms.ExpiresS, Uses: terms.Uses, Approval: terms.Approval, ClientID: newClientID(),
	})
	return secret, err
}

// RevokeInvite revokes an invite by its secret.
func (c *Client) RevokeInvite(ctx context.Context, channel, secret string) (Ack, error) {
	return change(ctx, c, wire.RevokeInvite{Channel: channel, Hash: InviteHash(secret), ClientID: newClientID()})
}

// Join makes the user a member of a group by the secret of an invite. If the invite needs
// approval, Join asks to join instead.
func (c *Client) Join(ctx context.Context, channel, secret string) (Ack, error) {
	return change(ctx, c, wire.Join{Channel: channel, Secret: secret, ClientID: newClientID()})
}

// InviteHash returns the hash by which the log names an invite: SHA-256 of its secret, in
// hexadecimal.
func InviteHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newClientID returns a new client id for a command: 26 characters, 130 random bits.
func newClientID() string { return strings.ToLower(rand.Text()) }

// change has a change stored. Before a repeat it does not search for the change, as a send
// does: the server acknowledges a change that it finds already done.
func change[T wire.Change, P interface {
	*T
	Number(ref uint64)
}](ctx context.Context, c *Client, cmd T) (Ack, error) {
	if err := cmd.Validate(unlimited); err != nil {
		return Ack{}, err
	}
	return call[Ack](ctx, c, newRequest(func(ref uint64) wire.Command {
		P(&cmd).Number(ref)
		return cmd
	}))
}
