package pipe

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestNew_isAsNetPipe does the same with both kinds of connection, for everything that both
// promise.
func TestNew_isAsNetPipe(t *testing.T) {
	kinds := map[string]func() (net.Conn, net.Conn){"net": net.Pipe, "ours": func() (net.Conn, net.Conn) { return New(8) }}
	for kind, make := range kinds {
		for name, do := range map[string]func(t *testing.T, a, b net.Conn) error{
			"read, then closed by the peer": func(_ *testing.T, a, b net.Conn) error {
				defer time.AfterFunc(time.Second, func() { _ = b.Close() }).Stop()
				_, err := a.Read(make8())
				return want(err, io.EOF)
			},
			"read, then closed": func(_ *testing.T, a, _ net.Conn) error {
				defer time.AfterFunc(time.Second, func() { _ = a.Close() }).Stop()
				_, err := a.Read(make8())
				return want(err, io.ErrClosedPipe)
			},
			"write of more than is read, then closed by the peer": func(_ *testing.T, a, b net.Conn) error {
				defer time.AfterFunc(time.Second, func() { _ = b.Close() }).Stop()
				_, err := a.Write(bytes.Repeat([]byte("x"), 100))
				return want(err, io.ErrClosedPipe)
			},
			"write to a closed one": func(_ *testing.T, a, b net.Conn) error {
				_ = b.Close()
				_, err := a.Write([]byte("x"))
				return want(err, io.ErrClosedPipe)
			},
			"deadline of a closed one": func(_ *testing.T, a, _ net.Conn) error {
				_ = a.Close()
				return want(a.SetDeadline(time.Now()), io.ErrClosedPipe)
			},
			"read until a deadline, and after another": func(_ *testing.T, a, b net.Conn) error {
				began := time.Now()
				_ = a.SetReadDeadline(began.Add(time.Second))
				if _, err := a.Read(make8()); want(err, os.ErrDeadlineExceeded) != nil || time.Since(began) != time.Second {
					return errors.New("the deadline did not hold")
				}
				if _, err := a.Read(make8()); want(err, os.ErrDeadlineExceeded) != nil {
					return errors.New("the deadline passed and did not stay so")
				}
				_ = a.SetReadDeadline(time.Time{})
				defer time.AfterFunc(time.Hour, func() { _, _ = b.Write([]byte("late")) }).Stop()
				n, err := a.Read(make8())
				return errors.Join(err, wantN(n, 4))
			},
			"a deadline set while somebody waits": func(_ *testing.T, a, _ net.Conn) error {
				_ = a.SetReadDeadline(time.Now().Add(time.Hour))
				defer time.AfterFunc(time.Second, func() { _ = a.SetReadDeadline(time.Now()) }).Stop()
				began := time.Now()
				_, err := a.Read(make8())
				if time.Since(began) != time.Second {
					return errors.New("the new deadline did not hold")
				}
				return want(err, os.ErrDeadlineExceeded)
			},
			"write until a deadline": func(_ *testing.T, a, _ net.Conn) error {
				_ = a.SetWriteDeadline(time.Now().Add(time.Second))
				_, err := a.Write(bytes.Repeat([]byte("x"), 100))
				return want(err, os.ErrDeadlineExceeded)
			},
			"addresses": func(_ *testing.T, a, b net.Conn) error {
				if a.LocalAddr().Network() != "pipe" || b.RemoteAddr().String() != "pipe" {
					return errors.New("they are other than pipe")
				}
				return nil
			},
		} {
			t.Run(kind+"/"+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					a, b := make()
					if err := do(t, a, b); err != nil {
						t.Error(err)
					}
					_, _ = a.Close(), b.Close()
					synctest.Wait()
				})
			})
		}
	}
}

func make8() []byte { return make([]byte, 8) }

func want(err, target error) error {
	if !errors.Is(err, target) {
		return errors.Join(errors.New("want "+target.Error()), err)
	}
	return nil
}

func wantN(n, want int) error {
	if n != want {
		return errors.New("another length")
	}
	return nil
}

// TestNew_holdsWhatWasWritten compares a connection with a queue of bytes, for any sizes of
// writes and reads.
func TestNew_holdsWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 20).Draw(t, "size")
		a, b := New(size)
		defer func() { _, _ = a.Close(), b.Close() }()
		var held []byte
		var next byte
		read := func(n int) {
			buf := make([]byte, n)
			k, err := b.Read(buf)
			if err != nil || k != min(n, len(held)) || !bytes.Equal(buf[:k], held[:k]) {
				t.Fatalf("read %v of %v: %v", buf[:k], held, err)
			}
			held = held[k:]
		}
		t.Repeat(map[string]func(*rapid.T){
			"write": func(t *rapid.T) {
				data := make([]byte, rapid.IntRange(0, 50).Draw(t, "n"))
				for i := range data {
					next++
					data[i] = next
				}
				room := size - len(held)
				held = append(held, data...)
				done := make(chan error, 1)
				go func() {
					n, err := a.Write(data)
					done <- errors.Join(err, wantN(n, len(data)))
				}()
				if len(data) > room { // it waits until there is room for the rest
					buf := make([]byte, len(data)-room)
					if _, err := io.ReadFull(b, buf); err != nil || !bytes.Equal(buf, held[:len(buf)]) {
						t.Fatalf("read %v of %v: %v", buf, held, err)
					}
					held = held[len(buf):]
				}
				if err := <-done; err != nil {
					t.Fatal(err)
				}
			},
			"read": func(t *rapid.T) {
				if len(held) > 0 {
					read(rapid.IntRange(1, 30).Draw(t, "n"))
				}
			},
		})
		_ = a.Close()
		for len(held) > 0 { // bytes that were written before the close can still be read
			read(7)
		}
		if _, err := b.Read(make8()); !errors.Is(err, io.EOF) {
			t.Fatalf("after the end: %v", err)
		}
	})
}

// TestNew_writesDoNotMix lets several goroutines write at both ends at once.
func TestNew_writesDoNotMix(t *testing.T) {
	const writers, each = 4, 500
	a, b := New(64)
	var group sync.WaitGroup
	for from, to := range map[net.Conn]net.Conn{a: b, b: a} {
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				random := rand.New(rand.NewPCG(uint64(w), 0))
				for range each {
					n := 1 + random.IntN(200)
					data := append([]byte{byte(w)}, binary.BigEndian.AppendUint16(nil, uint16(n))...)
					if _, err := from.Write(append(data, bytes.Repeat([]byte{byte(w)}, n)...)); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Go(func() {
			var head [3]byte
			for range writers * each {
				if _, err := io.ReadFull(to, head[:]); err != nil {
					t.Error(err)
					return
				}
				body := make([]byte, binary.BigEndian.Uint16(head[1:]))
				if _, err := io.ReadFull(to, body); err != nil || len(bytes.Trim(body, string(head[:1]))) != 0 {
					t.Errorf("%v of writer %d: %v", body, head[0], err)
					return
				}
			}
			writing.Wait()
		})
	}
	group.Wait()
	_, _ = a.Close(), b.Close()
}

func BenchmarkWriteRead(b *testing.B) {
	for name, make := range map[string]func() (net.Conn, net.Conn){
		"net": net.Pipe, "ours": func() (net.Conn, net.Conn) { return New(64 << 10) },
	} {
		b.Run(name, func(b *testing.B) {
			from, to := make()
			done := sync.WaitGroup{}
			done.Go(func() { _, _ = io.Copy(io.Discard, to) })
			data := bytes.Repeat([]byte("x"), 1000)
			b.ReportAllocs()
			for b.Loop() {
				_ = from.SetWriteDeadline(time.Now().Add(time.Second))
				_, _ = from.Write(data)
				_ = from.SetWriteDeadline(time.Time{})
			}
			_ = from.Close()
			done.Wait()
		})
	}
}
