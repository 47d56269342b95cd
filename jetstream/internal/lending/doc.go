// Package lending copies a node's view to another one, over NATS, so that a node which has none need not read the whole log.
//
// Whoever wants one asks all nodes. Each that is ready, and has lent nothing at the moment, answers how far its view is. The one that is
// furthest makes a copy that does not change, and names its files. Then the borrower asks for one piece after the other, so that nothing is
// sent that it has no room for, and holds each file against the sum that the lender gives with its last piece. A lender that hears
// nothing for a while deletes its copy, and after some minutes in any case: until then it keeps what people have deleted meanwhile.
//
// Any failure ends it, and the borrower reads the log as if nobody had had anything.
package lending
