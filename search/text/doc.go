// Package text turns text into what can be searched: it folds letters that readers take for the
// same one, cuts text into words and tokens, and knows for each of them which bytes of the
// original it stands for. An index stores the tokens. What the tokens claim is verified against
// the folded text, so an index needs no positions.
//
// Text without blanks (Han, kana, Hangul, Thai, Lao, Khmer, Burmese) becomes pairs of
// neighbouring characters. No dictionary decides what can be found there: names, slang and
// compounds are found like any other word. Everything else becomes words and their parts.
//
// All work is linear in the length of the text.
package text
