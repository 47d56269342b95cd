// Package lending copies a node's view to another node, over NATS, so that a node without a
// view need not read the whole log.
//
// A node that wants a view asks all nodes. Each node that is ready, and has lent nothing at the
// moment, answers how far its view is. The node whose view is furthest makes a copy that does
// not change, and lists its files. The borrower then asks for one piece after the other, so
// that it is never sent more than it has room for. It checks each file against the sum that the
// lender sends with the last piece. A lender deletes its copy when it hears nothing for a
// while, and after some minutes in any case. Until then the copy keeps messages that users have
// deleted meanwhile.
//
// Any failure ends the loan. The borrower then reads the log, as if no node had had a view to
// lend.
package lending
