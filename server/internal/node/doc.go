// Package node puts a node together: the embedded NATS server, the log over it, and what serves the log, over NATS and
// over HTTP. The order of start and stop is its business, and nothing else is.
//
//	start   NATS server ─► its cluster ─► log ─► bridge, service ─► the log has caught up ─► HTTP listener ─► ready
//	stop    HTTP listener ─► step down ─► drain sessions ─► bridge, service ─► log ─► NATS server
//
// The step-down comes while sessions are still open, for they go on sending: what arrives meanwhile is forwarded to
// the nodes that take over. A second later their clients are told, spread over some time, to go elsewhere.
package node
