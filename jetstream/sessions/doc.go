// Package sessions knows who is signed in where, and signs out.
//
//	sign_out ─► gather ─► bucket REVOKED ─┬─► every node: the token opens nothing any more
//	              ▲                       └─► every node: sessions of that token end
//	              └─ each node's own sessions of the user
//
// A session is in the memory of its node and nowhere else: to list a user's, all nodes are asked. A session proves itself by tokens, and
// is signed out by revoking them. What is revoked is in a bucket on disk, under the token's fingerprint, until the token would have
// expired anyway; every node follows it into memory, for it asks at each sign-in and each request. Besides, whoever revokes says so
// at once to all: a watch may have to be opened anew just then.
package sessions
