// Package conversation holds the model test of what people do with messages, with groups and for themselves: random operations by several
// users on several devices, through the real server and the SDK, beside a model that knows the rules in their simplest form. What the
// server refuses, the model must refuse; what it shows, to any member on any device, in pages and in events, must be what the model holds.
// Devices come and go; servers are killed in the midst of it, one that is alone or one of three.
//
// The default run is short. A full one:
//
//	go test ./clients/internal/conversation -rapid.checks=50 -rapid.steps=200
package conversation
