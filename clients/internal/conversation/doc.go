// Package conversation holds the model test of messages, groups and personal settings. It runs
// random operations by several users on several devices, through the real server and an SDK: the
// Go SDK, or for half of the devices the TypeScript SDK, if that is built, as .ci/ts does.
// Beside them runs a model that knows the rules in their simplest form. If the server refuses
// an operation, the model must refuse it too. Whatever the server shows to any member on any
// device, in pages and in events, must equal the state of the model. Devices come and go.
// Servers are killed during the run: a single node, or one of three.
//
// The default run is short. The full one has more than 10,000 steps on one node and 2,000 on
// three. rapid's flags set any other amount:
//
//	NATTERJACK_CHAOS=full go test ./clients/internal/conversation -v -timeout 30m
//	go test ./clients/internal/conversation -rapid.checks=50 -rapid.steps=200
package conversation
