// Package auth proves who a client is: it turns a token into a user.
//
// A token is a JWT (RFC 7519) in compact form. Two issuers may be trusted, side by side:
//
//   - "natterjack" itself: EdDSA (RFC 8037), audience "natterjack", signed with one of this server's [Keys]. The
//     key is made at first start, or configured where several nodes must trust the same one or where another service signs.
//   - an OpenID Connect provider, found by discovery, whose audience and user claim are configured ([OIDC]).
//
// The unverified "iss" only chooses which of the two has to verify the token; each then checks it again.
//
// Nothing in this package logs a token or a key, and no text it answers with repeats one.
package auth
