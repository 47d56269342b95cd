package mail

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	gomail "github.com/wneessen/go-mail"

	"natterjack/server/internal/push"
	"natterjack/server/internal/push/mail/mailtest"
	"natterjack/server/internal/push/mail/post"
	"natterjack/server/wire"
)

func TestDigest(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		p.miss("c", 1, "ada", "bob")
		p.miss("c", 2, "ada")
		time.Sleep(hour * 50 / 60)
		p.miss("d", 3, "ada")
		w.reads("ada", "c", 2)
		w.expect("before an hour has passed", "ada")
		time.Sleep(hour * 11 / 60)
		w.expect("after an hour", "ada", []int{1}) // 2 is read, and 3 is younger
		w.expect("after an hour", "bob", []int{1})
		time.Sleep(2 * hour)
		p.miss("c", 4, "ada")
		time.Sleep(hour * 119 / 60)
		w.expect("before four hours have passed", "ada", []int{1})
		time.Sleep(hour * 5 / 60)
		w.expect("after four hours", "ada", []int{1}, []int{3, 4})
		time.Sleep(12 * hour)
		w.expect("at the end", "ada", []int{1}, []int{3, 4})
		w.expect("at the end", "bob", []int{1})
		first := w.mails()["ada@example.org"][0]
		if first.subject != "A message from Mio" || first.header.Get("List-Unsubscribe") == "" || first.header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
			t.Errorf("%+v", first)
		}
		if strings.Contains(first.id, "ada") || first.header.Get("From") != `"Natterjack" <chat@example.com>` {
			t.Errorf("%+v", first)
		}
		if got := w.notes(); !strings.HasPrefix(got, "ada sent sent; bob sent sent") && !strings.HasPrefix(got, "bob sent sent; ada sent sent") {
			t.Errorf("noted %s", got)
		}
	})
}

// TestDigest_read shows that who reads in time gets no mail, and that their jobs end.
func TestDigest_read(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		p.miss("c", 1, "ada")
		time.Sleep(hour * 59 / 60)
		w.reads("ada", "c", 1)
		time.Sleep(6 * hour)
		w.expect("everything is read", "ada")
		if s := p.queue.Stats(); s.Put != 1 || s.Done != 1 {
			t.Errorf("jobs: %+v", s)
		}
	})
}

// TestDigest_nobody shows that nothing is sent to users who do not want it, or whose address is not
// known, also if that changes while a job waits.
func TestDigest_nobody(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		p.miss("c", 1, "ada", "bob")
		time.Sleep(hour * 30 / 60)
		w.mu.Lock()
		w.readers["ada"] = Reader{}
		w.mu.Unlock()
		if err := p.Learn(w.t.Context(), "bob", "bob@example.org\r\nBcc: eve@example.org", ""); err != nil { // is none
			t.Fatal(err)
		}
		if known, err := p.Addressed(w.t.Context(), "bob"); known || err != nil {
			t.Errorf("bob's address is known: %v, %v", known, err)
		}
		time.Sleep(12 * hour)
		if got := w.mails(); len(got) != 0 {
			t.Errorf("sent: %v", got)
		}
		if got := w.notes(); got != "bob refused no_address" {
			t.Errorf("noted %s", got)
		}
		if s := p.queue.Stats(); s.Done != 2 || s.Dead != 0 {
			t.Errorf("jobs: %+v", s)
		}
	})
}

// TestDigest_quiet shows that a digest waits until the user wants to hear something again, and then
// has everything.
func TestDigest_quiet(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		w.quiet = time.Now().Add(8 * hour)
		p.miss("c", 1, "ada")
		time.Sleep(2 * hour)
		p.miss("c", 2, "ada")
		time.Sleep(5 * hour)
		w.expect("while it is quiet", "ada")
		time.Sleep(hour * 70 / 60)
		w.expect("afterwards", "ada", []int{1, 2})
	})
}

// TestDigest_temporary shows that a mail that a server does not take now for one recipient is sent
// again, and that the other recipients do not wait for that.
func TestDigest_temporary(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		var mu sync.Mutex
		tries := 0
		w.server.Answer(func(step mailtest.Step, to string) error {
			mu.Lock()
			defer mu.Unlock()
			if step != mailtest.Rcpt || to != "ada@example.org" {
				return nil
			}
			if tries++; tries > 5 {
				return nil
			}
			return &smtp.SMTPError{Code: 451, Message: "greylisted: ada@example.org"}
		})
		p.miss("c", 1, "ada", "bob")
		time.Sleep(hour * 61 / 60)
		w.expect("beside one that is not taken", "bob", []int{1})
		w.expect("not taken", "ada")
		time.Sleep(3 * hour)
		w.expect("taken at last", "ada", []int{1})
		if got := strings.Count(w.notes(), "ada again status_451"); got != 5 {
			t.Errorf("noted %s", w.notes())
		}
		if log := w.log.String(); strings.Contains(log, "@example.org") {
			t.Errorf("the log has an address:\n%s", log)
		}
	})
}

// TestDigest_temporaryForever shows that a digest that is never taken is given up after a day.
func TestDigest_temporaryForever(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		w.server.Answer(func(step mailtest.Step, _ string) error {
			if step == mailtest.Rcpt {
				return &smtp.SMTPError{Code: 452, Message: "full"}
			}
			return nil
		})
		p.miss("c", 1, "ada")
		time.Sleep(30 * hour)
		if got := w.notes(); !strings.HasSuffix(got, "ada refused status_452") {
			t.Errorf("noted %s", got)
		}
		if s := p.queue.Stats(); s.Done != 1 {
			t.Errorf("jobs: %+v", s)
		}
	})
}

// TestDigest_refused shows that a mail that a server refuses for good is dropped, counted, and not
// tried again for a day.
func TestDigest_refused(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		refuse := func(step mailtest.Step, to string) error {
			if step == mailtest.Rcpt && to == "ada@example.org" {
				return &smtp.SMTPError{Code: 550, Message: "no such user ada@example.org"}
			}
			return nil
		}
		w.server.Answer(refuse)
		p.miss("c", 1, "ada", "bob")
		time.Sleep(2 * hour)
		w.expect("beside one that is refused", "bob", []int{1})
		if got := w.notes(); strings.Count(got, "ada refused status_550") != 1 {
			t.Errorf("noted %s", got)
		}
		w.server.Answer(nil)
		p.miss("c", 2, "ada")
		time.Sleep(20 * hour)
		w.expect("the same day", "ada")
		time.Sleep(6 * hour)
		w.expect("a day later", "ada", []int{2}) // 1 was dropped
	})
}

// TestDigest_serverAway shows that a server that is of no use to anybody loses no digest, and that
// each comes once when it is back.
func TestDigest_serverAway(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		real, err := post.New(post.Config{Host: w.server.Host, Port: w.server.Port, Security: post.StartTLS, CA: w.server.CA})
		if err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		away, tries := true, 0
		p := w.start(senderFunc(func(ctx context.Context, m *gomail.Msg) post.Outcome {
			mu.Lock()
			defer mu.Unlock()
			if away {
				tries++
				return post.Outcome{Result: push.Again, Reason: "status_554"}
			}
			return real.Send(ctx, m)
		}))
		defer p.stop()
		p.miss("c", 1, "ada", "bob")
		time.Sleep(10 * hour)
		w.expect("while it is away", "ada")
		mu.Lock()
		away = false
		if tries > 200 {
			t.Errorf("it was tried %d times", tries)
		}
		mu.Unlock()
		time.Sleep(25 * time.Minute) // the queue's own pauses are as they are
		w.expect("when it is back", "ada", []int{1})
		w.expect("when it is back", "bob", []int{1})
		if log := w.log.String(); !strings.Contains(log, "cannot be used now") || !strings.Contains(log, "can be used again") {
			t.Error("the log does not say so")
		}
	})
}

// TestDigest_serverAwayLong shows that the time for which a server was of no use does not count
// against a recipient: many servers take a mail from strangers with the second try only.
func TestDigest_serverAwayLong(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		var mu sync.Mutex
		o := post.Outcome{Result: push.Again, Reason: "no_connection"}
		p := w.start(senderFunc(func(context.Context, *gomail.Msg) post.Outcome {
			mu.Lock()
			defer mu.Unlock()
			return o
		}))
		defer p.stop()
		p.miss("c", 1, "ada")
		time.Sleep(30 * hour)
		mu.Lock()
		o = post.Outcome{Result: push.Again, Reason: "status_450", Personal: true}
		mu.Unlock()
		for range 1800 { // the queue's own pauses are as they are
			if strings.Contains(w.notes(), "status_450") {
				break
			}
			time.Sleep(time.Second)
		}
		mu.Lock()
		o = post.Outcome{Result: push.Sent, Reason: "sent"}
		mu.Unlock()
		time.Sleep(4 * hour)
		if got := w.notes(); !strings.HasSuffix(got, "ada sent sent") {
			t.Errorf("noted %s", got)
		}
	})
}

// TestDigest_hangs shows that a server that hangs for one recipient keeps neither the duty nor
// other recipients waiting. It runs in real time, because the server does.
func TestDigest_hangs(t *testing.T) {
	server := mailtest.Start(t, mailtest.How{})
	over := make(chan struct{})
	goOn := sync.OnceFunc(func() { close(over) })
	defer goOn()
	server.Answer(func(step mailtest.Step, to string) error {
		if step == mailtest.Rcpt && to == "ada@example.org" {
			<-over
		}
		return nil
	})
	w := newWorld(t, server)
	slow, err := post.New(post.Config{Host: server.Host, Port: server.Port, Security: post.StartTLS, CA: server.CA, Timeout: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	outcomes := make(chan post.Outcome, 10)
	p := w.start(senderFunc(func(ctx context.Context, m *gomail.Msg) post.Outcome {
		o := slow.Send(ctx, m)
		outcomes <- o
		return o
	}))
	defer p.stop()
	p.cfg.After = time.Millisecond
	began := time.Now()
	p.miss("c", 1, "ada")
	p.miss("c", 1, "bob")
	if took := time.Since(began); took > time.Minute {
		t.Errorf("the duty took %v", took)
	}
	if o := <-outcomes; o.Result != push.Sent {
		t.Errorf("the first to end: %+v", o)
	}
	w.expect("beside one that hangs", "bob", []int{1})
	goOn()
	if o := <-outcomes; o.Result != push.Sent {
		t.Errorf("the one that hung: %+v", o)
	}
}

// TestDigest_kill has a node die at each point of a try, on its way to two nodes, and again at the
// second try. Each user gets the mail at least once and at most twice, by the same id. If it dies
// twice before the mail leaves it, the mail may be lost, and nothing else ever is.
func TestDigest_kill(t *testing.T) {
	points := []string{"before", "after", "never"}
	for _, first := range points {
		for _, second := range points {
			t.Run(first+", "+second, func(t *testing.T) {
				inWorld(t, mailtest.How{}, func(w *world) { w.kill(first, second) })
			})
		}
	}
}

func (w *world) kill(at ...string) {
	real, err := post.New(post.Config{Host: w.server.Host, Port: w.server.Port, Security: post.StartTLS, CA: w.server.CA})
	if err != nil {
		w.t.Fatal(err)
	}
	var peers [3]*peer
	var mu sync.Mutex
	died := map[int]bool{}
	dead := make(chan int, len(peers))
	for i := range peers {
		peers[i] = w.start(senderFunc(func(ctx context.Context, m *gomail.Msg) post.Outcome {
			mu.Lock()
			point := "never"
			if len(at) > 0 {
				point, at = at[0], at[1:]
			}
			died[i] = died[i] || point != "never"
			mu.Unlock()
			if point == "before" {
				dead <- i
				<-ctx.Done()
				return post.Outcome{Result: push.Again, Reason: "no_answer", Unsure: true}
			}
			o := real.Send(ctx, m)
			if point == "after" {
				dead <- i
				<-ctx.Done()
				return post.Outcome{Result: push.Again, Reason: "no_answer", Unsure: true}
			}
			return o
		}))
	}
	var burying sync.WaitGroup
	burying.Go(func() {
		for i := range dead {
			burying.Go(peers[i].stop)
		}
	})
	killed := strings.Join(at, ", ")
	peers[0].miss("c", 1, "ada")
	time.Sleep(8 * hour)
	close(dead)
	burying.Wait()
	for _, p := range peers {
		p.stop()
	}
	all := w.mails()["ada@example.org"]
	least := 1
	if killed == "before, before" {
		least = 0
	}
	if len(all) < least || len(all) > 2 || len(all) == 2 && all[0].id != all[1].id {
		w.t.Errorf("killed %s: %+v", killed, all)
	}
}

// TestDigest_busy shows that a user who misses something all the time has few jobs, and gets few
// mails with everything.
func TestDigest_busy(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		began := time.Now()
		for seq := uint64(1); time.Since(began) < 24*hour; seq++ {
			p.miss("c", seq, "ada")
			time.Sleep(hour * 30 / 60)
		}
		time.Sleep(12 * hour)
		seen := map[int]int{}
		mails := w.mails()["ada@example.org"]
		for _, g := range mails {
			for _, seq := range g.seqs {
				seen[seq]++
			}
		}
		for seq := range 48 {
			if seen[seq+1] != 1 {
				t.Errorf("message %d was told %d times", seq+1, seen[seq+1])
			}
		}
		if len(mails) > 7 {
			t.Errorf("%d mails a day", len(mails))
		}
		if s := p.queue.Stats(); s.Put > 30 || s.Done != s.Put {
			t.Errorf("jobs: %+v", s)
		}
	})
}

// TestDigest_damaged shows that a job that is none is given up.
func TestDigest_damaged(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		if err := p.put(w.t.Context(), "no user", time.Now()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute)
		if s := p.queue.Stats(); s.Dead != 1 {
			t.Errorf("jobs: %+v", s)
		}
	})
}

// TestMissed_atOnce shows that many users who miss one message are noted together.
func TestMissed_atOnce(t *testing.T) {
	inWorld(t, mailtest.How{}, func(w *world) {
		p := w.start(nil)
		defer p.stop()
		var users []string
		for n := range 500 {
			users = append(users, fmt.Sprint("u", n))
		}
		p.miss("c", 1, users...)
		for _, user := range []string{"u0", "u499"} {
			notes, err := p.store.Missed(w.t.Context(), user, 0)
			if err != nil || len(notes) != 1 || notes[0].ChannelSeq != (wire.ChannelSeq{Channel: "c", Seq: 1}) {
				t.Errorf("%s: %v, %v", user, notes, err)
			}
		}
		if s := p.queue.Stats(); s.Put != 500 {
			t.Errorf("jobs: %+v", s)
		}
	})
}
