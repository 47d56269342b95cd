// Package conversation holds the model test of what people do with messages and with groups: random operations by several users on
// several devices, through the real server and the SDK, beside a model that knows the rules in their simplest form. What the server
// refuses, the model must refuse; what it shows, to any member on any device, must be what the model holds.
//
// The default run is short. The full one kills the server in between:
//
//	go test ./clients/internal/conversation -rapid.checks=50 -rapid.steps=200
package conversation
