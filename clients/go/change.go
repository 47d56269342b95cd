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

// The roles, from the highest.
const (
	RoleOwner  = wire.RoleOwner
	RoleAdmin  = wire.RoleAdmin
	RoleMember = wire.RoleMember
	RoleReader = wire.RoleReader
)

// Content is what a message says.
type Content = wire.Content

// SendContent is [Client.Send] for more than a text: a reply, or a text with mentions.
func (c *Client) SendContent(ctx context.Context, channel string, content Content, options ...SendOption) (Ack, error) {
	return c.send(ctx, wire.Send{Channel: channel, Content: content}, options)
}

// Forward sends the words of a message to another channel, under their author's name.
func (c *Client) Forward(ctx context.Context, channel, from string, seq uint64, options ...SendOption) (Ack, error) {
	return ask[Ack](ctx, c, wire.Forward{
		Channel: channel, ClientID: applied(options).clientID, From: wire.ChannelSeq{Channel: from, Seq: seq},
	})
}

// Edit replaces what one of the user's own messages says.
//
// It and all changes below return once the change is stored, and are repeated until then as long as ctx lasts; a repeat changes
// nothing twice. The error is the server's [*Error] where it refuses; any other means that it is not known.
func (c *Client) Edit(ctx context.Context, channel string, seq uint64, content Content, options ...SendOption) (Ack, error) {
	return change(ctx, c, wire.Edit{Channel: channel, Seq: seq, ClientID: applied(options).clientID, Content: content})
}

// Delete erases a message for everybody. A tombstone stays in its place.
func (c *Client) Delete(ctx context.Context, channel string, seq uint64) (Ack, error) {
	return change(ctx, c, wire.Delete{Channel: channel, Seq: seq, ClientID: newClientID()})
}

// React adds an emoji to a message.
func (c *Client) React(ctx context.Context, channel string, seq uint64, emoji string) (Ack, error) {
	return change(ctx, c, wire.React{Channel: channel, Seq: seq, Emoji: emoji, ClientID: newClientID()})
}

// Unreact takes an emoji of the user's back.
func (c *Client) Unreact(ctx context.Context, channel string, seq uint64, emoji string) (Ack, error) {
	return change(ctx, c, wire.React{Channel: channel, Seq: seq, Emoji: emoji, Remove: true, ClientID: newClientID()})
}

// Pin marks a message for everybody in the channel.
func (c *Client) Pin(ctx context.Context, channel string, seq uint64) (Ack, error) {
	return change(ctx, c, wire.Pin{Channel: channel, Seq: seq, ClientID: newClientID()})
}

// Unpin takes the mark of a pinned message away.
func (c *Client) Unpin(ctx context.Context, channel string, seq uint64) (Ack, error) {
	return change(ctx, c, wire.Pin{Channel: channel, Seq: seq, Remove: true, ClientID: newClientID()})
}

// ChannelUpdate is what [Client.UpdateChannel] changes of a group: the members that are not nil.
type ChannelUpdate struct {
	Name      *string
	Topic     *string
	SlowModeS *int // seconds between two messages of one member
	Archived  *bool
}

// UpdateChannel changes settings of a group.
func (c *Client) UpdateChannel(ctx context.Context, channel string, u ChannelUpdate) (Ack, error) {
	return change(ctx, c, wire.UpdateChannel{
		Channel: channel, Name: u.Name, Topic: u.Topic, SlowModeS: u.SlowModeS, Archived: u.Archived, ClientID: newClientID(),
	})
}

// AddMembers adds users to a group, those who asked to join included.
func (c *Client) AddMembers(ctx context.Context, channel string, users ...string) (Ack, error) {
	return change(ctx, c, wire.AddMembers{Channel: channel, Members: users, ClientID: newClientID()})
}

// RemoveMember removes a user from a group, or refuses one who asked to join.
func (c *Client) RemoveMember(ctx context.Context, channel, user string) (Ack, error) {
	return change(ctx, c, wire.RemoveMember{Channel: channel, User: user, ClientID: newClientID()})
}

// Ban removes a user from a group and keeps him out.
func (c *Client) Ban(ctx context.Context, channel, user string) (Ack, error) {
	return change(ctx, c, wire.RemoveMember{Channel: channel, User: user, Ban: true, ClientID: newClientID()})
}

// Unban lets a banned user come back.
func (c *Client) Unban(ctx context.Context, channel, user string) (Ack, error) {
	return change(ctx, c, wire.Unban{Channel: channel, User: user, ClientID: newClientID()})
}

// SetRole gives a member of a group another role; with [RoleOwner] the user hands the group over.
func (c *Client) SetRole(ctx context.Context, channel, user string, role Role) (Ack, error) {
	return change(ctx, c, wire.SetRole{Channel: channel, User: user, Role: role, ClientID: newClientID()})
}

// Leave takes the user out of a group.
func (c *Client) Leave(ctx context.Context, channel string) (Ack, error) {
	return change(ctx, c, wire.Leave{Channel: channel, ClientID: newClientID()})
}

// DeleteChannel ends a group for all and erases its log.
func (c *Client) DeleteChannel(ctx context.Context, channel string) (Ack, error) {
	return change(ctx, c, wire.DeleteChannel{Channel: channel, ClientID: newClientID()})
}

// InviteTerms are under which an invite lets others join. The zero value is: for ever, as often as wanted, without approval.
type InviteTerms struct {
	ExpiresS int  // seconds from now; 0 is never
	Uses     int  // 0 is without limit
	Approval bool // whoever joins waits until an admin adds him
}

// CreateInvite makes a way into a group for whoever is told the secret that it returns. The server and its log know only the
// secret's hash: keep it, or make another.
func (c *Client) CreateInvite(ctx context.Context, channel string, terms InviteTerms) (secret string, err error) {
	secret = rand.Text() // 130 bits
	_, err = change(ctx, c, wire.CreateInvite{
		Channel: channel, Hash: InviteHash(secret), ExpiresS: terms.ExpiresS, Uses: terms.Uses, Approval: terms.Approval, ClientID: newClientID(),
	})
	return secret, err
}

// RevokeInvite ends an invite by its secret.
func (c *Client) RevokeInvite(ctx context.Context, channel, secret string) (Ack, error) {
	return change(ctx, c, wire.RevokeInvite{Channel: channel, Hash: InviteHash(secret), ClientID: newClientID()})
}

// Join makes the user a member of a group by the secret of an invite, or asks for it where the invite needs approval.
func (c *Client) Join(ctx context.Context, channel, secret string) (Ack, error) {
	return change(ctx, c, wire.Join{Channel: channel, Secret: secret, ClientID: newClientID()})
}

// InviteHash is how the log names an invite: SHA-256 of its secret, in hexadecimal.
func InviteHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// newClientID is a name for a command: 26 characters, 130 random bits.
func newClientID() string { return strings.ToLower(rand.Text()) }

// change has a change stored. Unlike a send it is not looked for before it is repeated: found done, it is acknowledged.
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
