// Package devices answers what users ask about being told: by which ways this server tells, on
// which of their devices, whether that works, and what they were told of. It judges subscriptions
// before they are stored.
//
// Addresses, keys and secrets come in here, and none goes out: replies have names and states only.
package devices
