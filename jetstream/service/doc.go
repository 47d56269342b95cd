// Package service offers the operations of the protocol as NATS requests, for back ends and for operators.
//
//	subject   api.<user>.<operation>      operation: those that anybody may ask, see wire.Operations
//	request   the command of that name, as JSON without its "type"
//	reply     the frame that answers it; an error also as the headers Nats-Service-Error and Nats-Service-Error-Code
//
// The acting user is a token of the subject, so NATS permissions say who may act as whom: who may publish to
// api.alice.> is alice, who may publish to api.> is anybody. The service itself asks nobody for a token.
//
// # Client ids
//
// A command that must have a client_id and has none (send, forward, create_group) takes the header Nats-Msg-Id for one, as NATS publishers know it. Without
// either it is given a random one: right for a request typed by hand, wrong for a program, whose retry would then be
// a second message.
//
// # Order
//
// All nodes share the requests, so two of them in flight from one requester may be served by two nodes. Who needs an order
// waits for the first reply.
//
// # Monitoring
//
// The service answers $SRV.PING, INFO and STATS (NATS ADR-32), so that `nats micro` shows it. It uses the types of nats.go's
// micro package but not its AddService, which fits handlers that answer before they return: there an answer given later counts
// neither its time nor its error, one request waits for another, and nobody can wait for what was still queued at a stop.
package service
