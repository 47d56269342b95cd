package load

import (
	"math/rand/v2"
	"sync"
)

// wordCount is the number of words. It is a power of two, so that bits of a random number
// choose a word.
const wordCount = 4096

// words returns the list of all words. They are made up of English letters and are the same in
// every process. A message, a view or a stream of these words compresses about as well as
// natural text.
var words = sync.OnceValue(func() []string {
	const letters = "eeeeeeetttttaaaaaooooiiiiinnnnnsssshhhhrrrrdddlllcccuuummwwffggyyppbbvk"
	random := rand.New(rand.NewPCG(1, 2))
	list := make([]string, 0, wordCount)
	known := make(map[string]bool, wordCount)
	for len(list) < wordCount {
		word := make([]byte, 2+random.IntN(4)+random.IntN(4))
		for i := range word {
			word[i] = letters[random.IntN(len(letters))]
		}
		if !known[string(word)] {
			known[string(word)] = true
			list = append(list, string(word))
		}
	}
	return list
})

// AppendWords appends n bytes of random words, up to some thousands of words, none of them
// twice. The last word is cut at the end of the text. The seed decides the text: the same seed
// gives the same text.
func AppendWords(dst []byte, seed uint64, n int) []byte {
	list := words()
	var used [wordCount / 64]uint64
	for {
		i := draw(&seed) % wordCount
		for used[i/64]&(1<<(i%64)) != 0 {
			i = draw(&seed) % wordCount
		}
		used[i/64] |= 1 << (i % 64)
		word := list[i]
		if len(word) >= n {
			return append(dst, word[:n]...)
		}
		dst = append(append(dst, word...), ' ')
		n -= len(word) + 1
	}
}

// draw returns the next of a sequence of random numbers (SplitMix64). It costs a nanosecond and
// has no state but its seed.
func draw(seed *uint64) uint64 {
	*seed += 0x9E3779B97F4A7C15
	z := *seed
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}
