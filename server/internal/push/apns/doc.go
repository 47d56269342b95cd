// Package apns tells users of Apple devices by Apple's push notification service, with a key of
// the operator's own (ES256, a .p8 file), over HTTP/2.
//
// A notification is visible, and mutable: the application may fetch the message and show more than
// the notification says. The host is configured and not named by users, so no guard is needed.
//
// A device is gone if the service says so (410, or BadDeviceToken). A 410 tells since when: a
// device that has confirmed its token after that is not gone.
package apns
