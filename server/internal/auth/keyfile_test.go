package auth

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLoadOrMakeKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secrets", "signing-key")
	first, made, err := LoadOrMakeKeys(path)
	if err != nil || !made {
		t.Fatalf("made %v, %v", made, err)
	}
	again, made, err := LoadOrMakeKeys(path)
	if err != nil || made {
		t.Fatalf("made another: %v, %v", made, err)
	}
	token, _, err := first.Mint("alice", time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := newAuthenticator(t, Config{Keys: again}).Authenticate(t.Context(), token); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	for path, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

func TestLoadOrMakeKeys_AtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signing-key")
	ids := make([]string, 8)
	makers := make([]bool, len(ids))
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			keys, made, err := LoadOrMakeKeys(path)
			if err != nil {
				t.Error(err)
				return
			}
			ids[i], makers[i] = keys.verify[0].id, made
		})
	}
	wg.Wait()
	makersN := 0
	for i, id := range ids {
		if id != ids[0] {
			t.Errorf("%q and %q", id, ids[0])
		}
		if makers[i] {
			makersN++
		}
	}
	if makersN != 1 {
		t.Errorf("%d of them say they made it", makersN)
	}
}

func TestLoadOrMakeKeys_DoesNotReplace(t *testing.T) {
	path := filepath.Join(t.TempDir(), "signing-key")
	if err := os.WriteFile(path, []byte("not a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, _, err := LoadOrMakeKeys(path)
	if err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	if data, _ := os.ReadFile(path); string(data) != "not a key" {
		t.Errorf("the file is now %q", data)
	}
}

func TestLoadKeys_Mode(t *testing.T) {
	private := newPrivate(t)
	path := filepath.Join(t.TempDir(), "key")
	for mode, ok := range map[os.FileMode]bool{0o600: true, 0o400: true, 0o440: true, 0o644: false, 0o602: false} {
		if err := os.WriteFile(path, privatePEM(t, private), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := LoadKeys(path)
		if ok != (err == nil) {
			t.Errorf("%#o: %v", mode, err)
		}
		if !ok && !strings.HasSuffix(err.Error(), "run: chmod 600 "+path) {
			t.Errorf("%#o: %v", mode, err)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	public := filepath.Join(t.TempDir(), "public")
	if err := os.WriteFile(public, publicPEM(t, private.Public()), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeys(public); err != nil {
		t.Errorf("public key for everybody: %v", err)
	}
}

func TestLoadKeys_TooLarge(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, make([]byte, maxKeyFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := LoadKeys(path); err == nil {
		t.Error("was read")
	}
}

func TestParseKeys_Refuses(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "-----BEGIN PRIVATE KEY-----\n", "\n-----END PRIVATE KEY-----\n"
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":        {nil, "auth: no PEM block with an Ed25519 key"},
		"text":         {[]byte("hunter2"), "auth: no PEM block with an Ed25519 key"},
		"ecdsa":        {privatePEM(t, ec), "auth: the private key is *ecdsa.PrivateKey, Ed25519 is needed"},
		"rsa_public":   {publicPEM(t, rsaKey.Public()), "auth: the public key is *rsa.PublicKey, Ed25519 is needed"},
		"not_pkcs8":    {[]byte(begin + "aHVudGVyMg==" + end), "auth: the private key is not PKCS #8"},
		"other_block":  {[]byte(strings.ReplaceAll(begin+"aHVudGVyMg=="+end, "PRIVATE KEY", "CERTIFICATE")), `auth: a PEM block of type "CERTIFICATE" is neither a private nor a public key`},
		"second_wrong": {append(privatePEM(t, newPrivate(t)), privatePEM(t, ec)...), "auth: the private key is *ecdsa.PrivateKey, Ed25519 is needed"},
	} {
		_, err := ParseKeys(c.data)
		if err == nil {
			t.Errorf("%s: was taken", name)
		} else if diff := cmp.Diff(c.want, err.Error()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestMint_Refuses(t *testing.T) {
	private := newPrivate(t)
	keys := parseKeys(t, privatePEM(t, private))
	for name, mint := range map[string]func() (string, time.Time, error){
		"user":     func() (string, time.Time, error) { return keys.Mint("Alice", time.Hour) },
		"no_user":  func() (string, time.Time, error) { return keys.Mint("", time.Hour) },
		"no_time":  func() (string, time.Time, error) { return keys.Mint("alice", 0) },
		"negative": func() (string, time.Time, error) { return keys.Mint("alice", -time.Hour) },
		"forever":  func() (string, time.Time, error) { return keys.Mint("alice", MaxTTL+1) },
		"public_only": func() (string, time.Time, error) {
			return parseKeys(t, publicPEM(t, private.Public())).Mint("alice", time.Hour)
		},
	} {
		if token, _, err := mint(); err == nil || token != "" {
			t.Errorf("%s: minted %q, %v", name, token, err)
		}
	}
}

func FuzzParseKeys(f *testing.F) {
	private := newPrivate(f)
	f.Add(privatePEM(f, private))
	f.Add(publicPEM(f, private.Public()))
	f.Fuzz(func(t *testing.T, data []byte) {
		keys, err := ParseKeys(data)
		if err == nil && len(keys.verify) == 0 {
			t.Fatal("no key and no error")
		}
	})
}
