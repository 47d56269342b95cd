package auth

import (
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/go-jose/go-jose/v4/jwt"

	"natterjack/server/wire"
)

// Issuer and Audience of this server's own tokens.
const (
	Issuer   = "natterjack"
	Audience = "natterjack"
)

// MaxTTL is the longest lifetime of a token of our own. A token that is in use can be signed
// out. Other tokens can only be revoked by changing the key.
const MaxTTL = 366 * 24 * time.Hour

// Mint makes a token for a user that is valid for ttl. Times in tokens are whole seconds;
// expires is the time in the token.
func (k *Keys) Mint(user string, ttl time.Duration) (token string, expires time.Time, err error) {
	switch {
	case !k.CanSign():
		return "", time.Time{}, errors.New("auth: there is no private key to sign with, only public ones")
	case !wire.ValidUser(user):
		return "", time.Time{}, fmt.Errorf("auth: the user name is not valid: it has 1 to %d characters of a-z, 0-9, '_' and '-'", wire.MaxUserLen)
	case ttl < time.Second || ttl > MaxTTL:
		return "", time.Time{}, fmt.Errorf("auth: the lifetime of a token must be 1s to %v", MaxTTL)
	}
	now := time.Now()
	claims := jwt.Claims{
		// Without an ID, two tokens of the same second would be equal, and one could not be
		// signed out without the other.
		ID:       rand.Text(),
		Issuer:   Issuer,
		Audience: jwt.Audience{Audience},
		Subject:  user,
		IssuedAt: jwt.NewNumericDate(now),
		Expiry:   jwt.NewNumericDate(now.Add(ttl)),
	}
	token, err = jwt.Signed(k.signer).Claims(claims).Serialize()
	if err != nil {
		return "", time.Time{}, fmt.Errorf("auth: sign: %w", err)
	}
	return token, claims.Expiry.Time(), nil
}
