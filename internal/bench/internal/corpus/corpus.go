// Package corpus makes conversations to be searched. The words of each language are as common as
// words are: few are in every tenth message, and most in hardly any. Each message is made from its
// number alone, so it need not be kept.
package corpus

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
)

// vocabulary is how many words each language has.
const vocabulary = 60_000

// Corpus makes messages.
type Corpus struct {
	seed                              uint64
	english, kanji, katakana, chinese []string
	korean                            []string
}

// New returns a corpus. The same seed makes the same messages.
func New(seed uint64) *Corpus {
	r := rand.New(rand.NewPCG(seed, 0))
	c := &Corpus{seed: seed}
	for range vocabulary {
		c.english = append(c.english, latin(r))
		c.kanji = append(c.kanji, compound(r, 0x4e00, 2200))
		c.katakana = append(c.katakana, loanword(r))
		c.chinese = append(c.chinese, compound(r, 0x5e00, 3500))
		c.korean = append(c.korean, compound(r, 0xac00, 2000))
	}
	return c
}

var (
	onsets  = strings.Fields("b c d f g h j k l m n p r s t v w z br ch cl cr dr fl gr pl pr sh sl st str th tr")
	vowels  = strings.Fields("a e i o u a e i o ai ea ee io ou")
	codas   = []string{"", "", "", "n", "r", "s", "t", "l", "m", "nd", "ng", "st", "ck"}
	endings = []string{"", "", "", "", "s", "ed", "ing", "er", "tion", "ly", "ment"}
)

func pick(r *rand.Rand, from []string) string { return from[r.IntN(len(from))] }

func latin(r *rand.Rand) string {
	var w strings.Builder
	for range 1 + r.IntN(3) {
		w.WriteString(pick(r, onsets) + pick(r, vowels) + pick(r, codas))
	}
	return w.String() + pick(r, endings)
}

// compound returns two characters, or one or three now and then, of so many from the first on.
// The first ones are the most common.
func compound(r *rand.Rand, first rune, many float64) string {
	n := []int{1, 2, 2, 2, 2, 2, 2, 3}[r.IntN(8)]
	word := make([]rune, n)
	for i := range word {
		word[i] = first + rune(many*math.Pow(r.Float64(), 2))
	}
	return string(word)
}

func loanword(r *rand.Rand) string {
	const kana = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモラリルレロワガグゲゴザジズダデドバビブベボパピプペポ"
	all := []rune(kana)
	var w strings.Builder
	for i := range 2 + r.IntN(4) {
		w.WriteRune(all[r.IntN(len(all))])
		if i > 0 && r.IntN(4) == 0 {
			w.WriteRune([]rune("ーンッー")[r.IntN(4)])
		}
	}
	return w.String()
}

// rank returns a rank below vocabulary: each is about as common as its inverse says.
func rank(r *rand.Rand) int {
	const flat = 8 // the first ones are about equally common
	top := math.Log(vocabulary/flat + 1)
	return min(int(flat*(math.Exp(r.Float64()*top)-1)), vocabulary-1)
}

// Text returns the text of a message.
func (c *Corpus) Text(message int) string {
	r := rand.New(rand.NewPCG(c.seed, uint64(message)+1))
	var s strings.Builder
	switch n := r.IntN(100); {
	case n < 60:
		c.japanese(&s, r)
	case n < 85:
		c.words(&s, r, c.english, " ", 4+r.IntN(14))
	case n < 93:
		c.words(&s, r, c.chinese, "", 6+r.IntN(16))
	default:
		c.words(&s, r, c.korean, " ", 4+r.IntN(12))
	}
	c.extra(&s, r)
	return s.String()
}

func (c *Corpus) words(s *strings.Builder, r *rand.Rand, from []string, between string, n int) {
	for i := range n {
		if i > 0 {
			s.WriteString(between)
		}
		s.WriteString(from[rank(r)])
	}
}

var (
	particles = strings.Fields("の を が は に で と も から まで の を に")
	verbs     = strings.Fields("します。 しました。 しています。 できません。 する。 を確認してください。 になりました。 ですか？ です。 でした。")
)

func (c *Corpus) japanese(s *strings.Builder, r *rand.Rand) {
	for range 1 + r.IntN(3) {
		for range 2 + r.IntN(4) {
			if r.IntN(4) == 0 {
				s.WriteString(c.katakana[rank(r)])
			} else {
				s.WriteString(c.kanji[rank(r)])
			}
			s.WriteString(pick(r, particles))
		}
		s.WriteString(c.kanji[rank(r)])
		s.WriteString(pick(r, verbs))
	}
}

// extra adds other things that chats have, such as links, mentions, emoji and names of files.
func (c *Corpus) extra(s *strings.Builder, r *rand.Rand) {
	word := func() string { return c.english[rank(r)] }
	switch r.IntN(20) {
	case 0:
		s.WriteString(" https://" + word() + ".example.com/" + word() + "/" + word() + "-" + word() + ".html?id=" + strconv.Itoa(r.IntN(1e6)))
	case 1:
		s.WriteString(" @user" + strconv.Itoa(r.IntN(3000)))
	case 2:
		s.WriteString(" " + strings.ToUpper(word()[:2]) + "-" + strconv.Itoa(r.IntN(20_000)))
	case 3:
		a, b := word(), word()
		s.WriteString(" " + a + strings.ToUpper(b[:1]) + b[1:] + "()")
	case 4, 5:
		s.WriteString(" " + string([]rune("👍🎉😀😂🙏🚀🔥👀✅❤")[r.IntN(10)]))
	case 6:
		s.WriteString(" " + word() + "_v" + strconv.Itoa(r.IntN(9)) + ".pdf")
	case 7:
		s.WriteString(" deployしました")
	}
}

// Queries returns n queries of a kind: rare, common, cjk, phrase, prefix or infix. All of them
// are of words that messages may have.
func (c *Corpus) Queries(kind string, n int) []string {
	r := rand.New(rand.NewPCG(c.seed, 1<<40))
	all := make([]string, n)
	for i := range all {
		all[i] = c.query(kind, r)
	}
	return all
}

func (c *Corpus) query(kind string, r *rand.Rand) string {
	const rare, common = 5000, 60
	switch kind {
	case "rare":
		return c.english[rare+r.IntN(rare)]
	case "common":
		return c.english[r.IntN(common)]
	case "cjk":
		return pick(r, [][]string{c.kanji, c.katakana, c.chinese, c.korean}[r.IntN(4)][:rare])
	case "phrase":
		return `"` + c.english[r.IntN(common)] + " " + c.english[r.IntN(common)] + `"`
	case "prefix":
		return c.long(r)[:3] + "*"
	default:
		w := c.long(r)
		from := 1 + r.IntN(2)
		return w[from : from+4]
	}
}

// long returns a word of at least seven letters.
func (c *Corpus) long(r *rand.Rand) string {
	for {
		if w := c.english[r.IntN(vocabulary/10)]; len(w) > 6 {
			return w
		}
	}
}
