// Package webpush tells users by Web Push: browsers, and applications that use UnifiedPush.
//
// The endpoint is a URL that the user's device has named, so it is asked through a guard. The
// notification is encrypted for the device (RFC 8291 over RFC 8188), so the push service learns
// neither the sender nor the text. All messages are padded to one length, so it does not learn how
// much, either. The request names this server by a token that a key signs (VAPID, RFC 8292). A
// subscription belongs to that key: with another key all subscriptions are lost.
//
// A redirect is not followed (RFC 8030 has none), and only 404 and 410 say that a subscription is
// gone.
package webpush
