// Package query reads the query language of search, as people know it from elsewhere:
//
//	kitchen "field recordings" -draft deploy* from:alice in:"Design team" after:7d has:image
//
// A blank means and. Every input is a query: anything that is not of the language is a word to
// look for.
// A query is bounded in length and in the number of its clauses, and is read in linear time.
package query
