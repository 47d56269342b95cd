package s3

import (
	"net/http"
	"strings"
	"testing"
)

// TestList_prefix lists what begins with a prefix, and climbs nowhere.
func TestList_prefix(t *testing.T) {
	g, _ := journaled(t)
	for _, key := range []string{"m/a/1", "m/b/1", "m/b/2", "m/bc", "n"} {
		must(t, g, http.MethodPut, "/media/"+key, []byte(key))
	}
	for prefix, want := range map[string]string{
		"": "m/a/1 m/b/1 m/b/2 m/bc n", "m": "m/a/1 m/b/1 m/b/2 m/bc", "m/b": "m/b/1 m/b/2 m/bc", "m/b/": "m/b/1 m/b/2", "m/b/2": "m/b/2",
		"m/c/": "", "/": "", "m//": "", "../": "", "m/../": "", "../objects/m/": "",
	} {
		var keys []string
		text := must(t, g, http.MethodGet, "/media?list-type=2&prefix="+prefix, nil).Body.String()
		for _, item := range strings.Split(text, "<Key>")[1:] {
			key, _, _ := strings.Cut(item, "<")
			keys = append(keys, key)
		}
		if got := strings.Join(keys, " "); got != want {
			t.Errorf("%q: %s, want %s", prefix, got, want)
		}
	}
}
