// Package auth verifies tokens: it turns a token into a user.
//
// A token is a JWT (RFC 7519) in compact form. Two issuers may be trusted side by side:
//
//   - "natterjack" itself: EdDSA (RFC 8037), audience "natterjack", signed with one of this
//     server's [Keys]. The key is made at the first start. It is configured if several nodes
//     must trust the same key, or if another service signs.
//   - an OpenID Connect provider, found by discovery, whose audience and user claim are
//     configured ([OIDC]).
//
// The unverified "iss" only chooses which of the two has to verify the token. That one then
// checks the issuer again.
//
// Nothing in this package logs a token or a key, and no error text contains one.
package auth
