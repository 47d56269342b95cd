// Package sessions knows which users have sessions on which nodes, and signs sessions out.
//
//	sign_out ─► gather ─► bucket REVOKED ─┬─► every node: the token is no longer accepted
//	              ▲                       └─► every node: sessions of that token end
//	              └─ each node's own sessions of the user
//
// A session exists only in the memory of its node. To list a user's sessions, all nodes are
// asked. A session is authenticated by tokens, and is signed out by revoking them. A bucket on
// disk keeps the fingerprints of revoked tokens until the tokens would have expired anyway.
// Every node follows the bucket into memory, because it checks every sign-in and every request.
// The node that revokes a token also tells all nodes directly, because a node may be reopening
// its watch at that moment.
package sessions
