// Package service offers the operations of the protocol as NATS requests, for back ends and for
// operators.
//
//	subject   api.<user>.<operation>      operations that anybody may use, see wire.Operations
//	request   the command of that name, as JSON without its "type"
//	reply     the frame that answers it; errors also have the headers
//	          Nats-Service-Error and Nats-Service-Error-Code
//
// The acting user is a token of the subject, so NATS permissions decide which client may act as
// which user. A client that may publish to api.alice.> can act as alice. A client that may
// publish to api.> can act as anybody. The service itself asks for no token.
//
// # Client ids
//
// Some commands must have a client_id: send, forward and create_group. If the id is missing,
// the service takes the header Nats-Msg-Id, which NATS publishers know. If both are missing, it
// makes a random one. That is right for a request typed by hand but wrong for a program,
// because a retry would then be a second message.
//
// # Order
//
// All nodes share the requests, so two concurrent requests of one client may be served by two
// nodes. A client that needs an order waits for the first reply.
//
// # Monitoring
//
// The service answers $SRV.PING, INFO and STATS (NATS ADR-32), so `nats micro` shows it. It
// uses the types of nats.go's micro package but not its AddService, which fits handlers that
// answer before they return. With AddService, an answer given later would count neither its
// time nor its error, one request would wait for another, and a stop could not wait for queued
// requests.
package service
