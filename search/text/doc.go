// Package text makes text searchable: it folds letters that readers take for the same one, cuts
// text into words and tokens, and knows for each of them which bytes of the original it stands for.
// An index stores the tokens. A match of tokens is verified against the folded text, so an index
// needs no positions.
//
// Text without blanks (Han, kana, Hangul, Thai, Lao, Khmer, Burmese) becomes pairs of neighbouring
// characters. No dictionary limits the words that can be found there: names, slang and compounds
// are found like any other word. Everything else becomes words and their parts.
//
// All work is linear in the length of the text.
package text
