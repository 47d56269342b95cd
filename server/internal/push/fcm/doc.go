// Package fcm tells users of Android devices by Firebase Cloud Messaging (HTTP v1), with a service
// account of the operator's own.
//
// The service account's key signs an assertion (RFC 7523), for which Google gives a token that is
// good for an hour. A message has data only: the application shows it, so the shown text follows
// the user's settings on the device. The host is not named by users, so no guard is needed.
//
// A device is gone only if the service says UNREGISTERED. Any other 404 is about the project, and
// would otherwise end all subscriptions at once.
package fcm
