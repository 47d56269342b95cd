// Package conversation holds the model test of what people do with messages, with groups and for themselves: random operations by several
// users on several devices, through the real server and the SDK, beside a model that knows the rules in their simplest form. What the
// server refuses, the model must refuse; what it shows, to any member on any device, in pages and in events, must be what the model holds.
// Devices come and go; servers are killed in the midst of it, one that is alone or one of three.
//
// The default run is short. The full one has more than 10,000 steps on one node and 2,000 on three; rapid's flags make it any other:
//
//	NATTERJACK_CHAOS=full go test ./clients/internal/conversation -v -timeout 30m
//	go test ./clients/internal/conversation -rapid.checks=50 -rapid.steps=200
package conversation
