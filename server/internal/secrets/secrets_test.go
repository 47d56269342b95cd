package secrets

import (
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func TestPassword_MadeOnce(t *testing.T) {
	dir := Dir(filepath.Join(t.TempDir(), "secrets"))
	first, made, err := dir.Password("operator")
	if err != nil || !made || len(first) < 26 {
		t.Fatalf("first: %q, %v, %v, want a new long password", first, made, err)
	}
	again, made, err := dir.Password("operator")
	if err != nil || made || again != first {
		t.Errorf("again: %q, %v, %v, want %q, not made", again, made, err, first)
	}
	other, _, err := dir.Password("service")
	if err != nil || other == first {
		t.Errorf("another name: %q, %v, want another password", other, err)
	}
	for path, want := range map[string]os.FileMode{string(dir): 0o700, filepath.Join(string(dir), "operator"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want mode %#o", path, info.Mode(), err, want)
		}
	}
	if entries, err := os.ReadDir(string(dir)); err != nil || len(entries) != 2 {
		t.Errorf("%v, %v in the directory, want the two secrets only", entries, err)
	}
}

func TestPassword_SeveralAtOnceGetTheSame(t *testing.T) {
	dir := Dir(filepath.Join(t.TempDir(), "secrets"))
	got := make([]string, 16)
	var makers sync.WaitGroup
	for i := range got {
		makers.Go(func() {
			var err error
			if got[i], _, err = dir.Password("operator"); err != nil {
				t.Error(err)
			}
		})
	}
	makers.Wait()
	for _, p := range got {
		if p == "" || p != got[0] {
			t.Fatalf("passwords differ: %q", got)
		}
	}
}

func TestPassword_Refuses(t *testing.T) {
	for name, tt := range map[string]struct {
		content string
		mode    os.FileMode
		want    string
	}{
		"readable by others": {"secret\n", 0o644, "chmod 600"},
		"empty":              {" \n", 0o600, "is empty"},
		"huge":               {strings.Repeat("x", maxSecret+1), 0o600, "too long for a password"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "operator")
			if err := os.WriteFile(path, []byte(tt.content), tt.mode); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, tt.mode); err != nil { // past the umask
				t.Fatal(err)
			}
			password, _, err := Dir(dir).Password("operator")
			if err == nil || !strings.Contains(err.Error(), tt.want) || password != "" {
				t.Errorf("got %q, %v, want an error with %q", password, err, tt.want)
			}
		})
	}
	for _, name := range []string{"", ".", "..", "../x", "a/b", "Upper", ".hidden", strings.Repeat("a", 65)} {
		if _, _, err := Dir(t.TempDir()).Password(name); err == nil {
			t.Errorf("%q is taken for a name", name)
		}
	}
}
