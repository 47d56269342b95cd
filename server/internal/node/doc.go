// Package node puts a node together: the embedded NATS server, the log on top of it, and the
// parts that serve the log over NATS and HTTP. It decides the order of start and stop, and
// nothing else.
//
//	start   NATS server ─► its cluster ─► log ─► media storage ─► bridge, service
//	        ─► the log has caught up ─► HTTP listener ─► ready
//	stop    HTTP listener ─► step down ─► drain sessions ─► bridge, service ─► media storage
//	        ─► log ─► NATS server
//
// The node steps down while sessions are still open, because they go on sending. Commands that
// arrive meanwhile are relayed to the nodes that take over. A second later the sessions' clients
// are told to go elsewhere, spread over some time.
package node
