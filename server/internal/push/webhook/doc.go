// Package webhook tells users by calling a URL that they have named, signed as Standard Webhooks
// has it (https://www.standardwebhooks.com): with the headers webhook-id, webhook-timestamp and
// webhook-signature.
//
// The URL is asked through a guard. The id is the notification's, so it is the same in each try,
// and a receiver can drop a call that it has already. Times and signatures differ in each try.
//
// Only 404 and 410 say that a webhook is gone, as for Web Push. A redirect is not followed: its
// target has not agreed to get anything.
package webhook
