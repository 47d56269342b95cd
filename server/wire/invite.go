package wire

// Limits of invites.
const (
	MaxInviteS    = 365 * 24 * 3600
	MaxInviteUses = 100_000
	MaxSecretLen  = 128 // bytes
	MinSecretLen  = 22  // 128 bits in base64
	inviteHashLen = 64
	// A random secret has far more different characters, and different steps between two that
	// are neighbours.
	minSecretVariety = 8
)

// inviteOperations let users join groups.
var inviteOperations = []*Operation{
	change[CreateInvite](),
	change[RevokeInvite](),
	change[Join](),
}

// Invite lets users who know its secret join a group.
type Invite struct {
	Hash     string `json:"hash"`              // SHA-256 of the secret, hexadecimal
	Expires  int64  `json:"expires,omitzero"`  // Unix milliseconds; 0 is never
	Uses     int    `json:"uses,omitzero"`     // how often it may still be used; 0 is without limit
	Approval bool   `json:"approval,omitzero"` // users who join by it wait for an admin
}

// CreateInvite lets users who know a secret join a group. The client makes the secret of at least
// 128 random bits and tells the server only its hash, so nothing in the log opens the group. Users
// who manage invites can list hashes. An invite whose secret is too regular to be random lets no
// user in. If the invite already exists, it is changed.
type CreateInvite struct {
	Ref
	Channel  string `json:"channel"`
	Hash     string `json:"hash"`               // SHA-256 of the secret, in lower-case hexadecimal
	ExpiresS int    `json:"expires_s,omitzero"` // seconds from now; 0 is never
	Uses     int    `json:"uses,omitzero"`      // how often it may be used; 0 is without limit
	Approval bool   `json:"approval,omitzero"`  // users who join by it wait for an admin
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (CreateInvite) Type() string { return "create_invite" }

// Validate implements [Command].
func (c CreateInvite) Validate(Limits) error {
	switch {
	case c.ExpiresS < 0 || c.ExpiresS > MaxInviteS:
		return Errorf(CodeInvalid, "expires_s: must be 0 to %d seconds", MaxInviteS)
	case c.Uses < 0 || c.Uses > MaxInviteUses:
		return Errorf(CodeInvalid, "uses: must be 0 to %d", MaxInviteUses)
	}
	return validInvite(c.Channel, c.Hash, c.ClientID)
}

// Place implements [Change].
func (c CreateInvite) Place(string) string { return c.Channel }

// Key implements [Change].
func (c CreateInvite) Key() string { return c.ClientID }

// RevokeInvite ends an invite.
type RevokeInvite struct {
	Ref
	Channel  string `json:"channel"`
	Hash     string `json:"hash"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (RevokeInvite) Type() string { return "revoke_invite" }

// Validate implements [Command].
func (c RevokeInvite) Validate(Limits) error { return validInvite(c.Channel, c.Hash, c.ClientID) }

// Place implements [Change].
func (c RevokeInvite) Place(string) string { return c.Channel }

// Key implements [Change].
func (c RevokeInvite) Key() string { return c.ClientID }

// Join makes the caller a member by an invite, or asks to join if the invite needs approval.
// Either uses the invite once. It is not used up by callers who are already members or already
// wait. A caller who left the group may come back by an invite. A caller who was removed may not,
// until an admin adds them.
type Join struct {
	Ref
	Channel  string `json:"channel"`
	Secret   string `json:"secret"`
	ClientID string `json:"client_id,omitzero"`
}

// Type implements [Command].
func (Join) Type() string { return "join" }

// Validate implements [Command].
func (c Join) Validate(Limits) error {
	if len(c.Secret) < MinSecretLen || len(c.Secret) > MaxSecretLen {
		return Errorf(CodeInvalid, "secret: must have %d to %d characters", MinSecretLen, MaxSecretLen)
	}
	if !various(c.Secret) {
		return Errorf(CodeInvalid, "secret: is too regular to be random; make another invite, with a secret of at least 128 random bits")
	}
	return validChange(c.Channel, c.ClientID)
}

// various reports whether a secret may be random. It recognizes repetitions and sequences. This
// is all that the server can check: it sees a secret when it is used, and only then.
func various(secret string) bool {
	chars, steps := map[byte]bool{}, map[byte]bool{}
	for i := range len(secret) {
		chars[secret[i]] = true
		if i > 0 {
			steps[secret[i]-secret[i-1]] = true
		}
	}
	return len(chars) >= minSecretVariety && len(steps) >= minSecretVariety
}

// Place implements [Change].
func (c Join) Place(string) string { return c.Channel }

// Key implements [Change].
func (c Join) Key() string { return c.ClientID }

func validInvite(channel, hash, clientID string) error {
	hex := len(hash) == inviteHashLen && all(hash, func(c byte) bool { return c >= '0' && c <= '9' || c >= 'a' && c <= 'f' })
	if !hex {
		return Errorf(CodeInvalid, "hash: must be the SHA-256 of the secret in %d lower-case hexadecimal digits", inviteHashLen)
	}
	return validChange(channel, clientID)
}
