// Package devices answers questions of users about notifications: by which ways this server sends
// them, to which of their devices, whether that works, and of which messages they were told. It
// judges subscriptions before they are stored.
//
// Addresses, keys and secrets come in here, and none goes out: replies have names and states only.
package devices
