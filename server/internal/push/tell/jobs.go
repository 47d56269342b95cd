package tell

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"natterjack/jetstream/queue"
	"natterjack/server/internal/push/prefs"
)

const (
	// usersAJob and bytesAJob bound the users of a job. A job that is done twice tells all of them
	// twice, and each job costs two syncs of the disk.
	usersAJob = 64
	bytesAJob = 32 << 10
	// services is the provider of notifications that services deliver by themselves.
	services = "services"
)

// task is the body of a job.
type task struct {
	Channel string `json:"channel"`
	Seq     uint64 `json:"seq"`
	Shard   int    `json:"shard"`
	Pos     uint64 `json:"pos"` // a view that goes this far has the message
	Put     int64  `json:"put"` // when it was first put, Unix milliseconds
	// Look says to look for the newest message that each user would be told of, from Seq on.
	// Otherwise the users are told of this message.
	Look bool `json:"look,omitzero"`
	To   []to `json:"to"`
}

// to is a user of a job. Devices are those to tell.
type to struct {
	User    string   `json:"user"`
	Devices []string `json:"devices,omitzero"`
}

// planned is a job that is to be put.
type planned struct {
	task
	target string
	due    time.Time // zero for at once
}

// plan gathers the jobs of one message.
type plan struct {
	msg   *message
	shard int
	pos   uint64
	tells map[string][]to
	looks map[int64][]string // by when they are due, Unix milliseconds
	// missed are the users whose next digest has the message, unless they read it first.
	missed []string
}

func newPlan(msg *message, shard int, pos uint64) *plan {
	return &plan{msg: msg, shard: shard, pos: pos, tells: map[string][]to{}, looks: map[int64][]string{}}
}

// tell plans to tell a user.
func (p *plan) tell(user string, devices []prefs.Device, served bool) {
	by := map[string][]string{}
	for _, d := range devices {
		by[d.Provider] = append(by[d.Provider], d.ID)
	}
	for provider, ids := range by {
		p.tells[provider] = append(p.tells[provider], to{user, ids})
	}
	if served {
		p.tells[services] = append(p.tells[services], to{User: user})
	}
}

// look plans to look at a user.
func (p *plan) look(user string, due time.Time) {
	at := due.UnixMilli()
	p.looks[at] = append(p.looks[at], user)
}

// jobs returns the jobs.
func (p *plan) jobs(now time.Time) (all []planned) {
	t := task{Channel: p.msg.id, Seq: p.msg.seq, Shard: p.shard, Pos: p.pos, Put: now.UnixMilli()}
	for provider, users := range p.tells {
		for _, some := range portions(users) {
			t.To = some
			all = append(all, planned{task: t, target: providerTarget(provider)})
		}
	}
	t.Look = true
	for due, users := range p.looks {
		all = append(all, looks(t, users, time.UnixMilli(due))...)
	}
	return all
}

// looks returns jobs to look at users.
func looks(t task, users []string, due time.Time) (all []planned) {
	tos := make([]to, len(users))
	for i, user := range users {
		tos[i].User = user
	}
	for _, some := range portions(tos) {
		t.To = some
		all = append(all, planned{task: t, target: "look/" + t.Channel, due: due})
	}
	return all
}

// portions cuts users into the parts that one job each may have.
func portions(users []to) (all [][]to) {
	from, size := 0, 0
	for i := range users {
		n := users[i].size()
		if i > from && (i-from == usersAJob || size+n > bytesAJob) {
			all, from, size = append(all, users[from:i]), i, 0
		}
		size += n
	}
	return append(all, users[from:])
}

func (t *to) size() int {
	n := len(t.User) + len(`{"user":"","devices":[]},`)
	for _, id := range t.Devices {
		n += len(id) + len(`"",`)
	}
	return n
}

// providerTarget returns the target of the jobs of a provider. A device that was not told at the
// first try has a target of its own.
func providerTarget(provider string) string { return "by/" + provider }

func deviceTarget(user, id string) string { return "device/" + user + "/" + id }

// job returns the job as the queue takes it, under an id.
func (p *planned) job(id string) (queue.Job, error) {
	body, err := json.Marshal(p.task)
	if err != nil {
		return queue.Job{}, fmt.Errorf("encode a job: %w", err)
	}
	expires := time.UnixMilli(p.Put).Add(keep)
	if p.Look {
		expires = p.due.Add(keepLook)
	}
	return queue.Job{ID: id, Target: p.target, NotBefore: p.due, Expires: expires, Body: body}, nil
}

// content names the work of a job in a text. Two jobs of one content are one job.
func (p *planned) content() string {
	h := sha256.New()
	for i := range p.To {
		_, _ = fmt.Fprintf(h, "%s %s\n", p.To[i].User, strings.Join(p.To[i].Devices, " "))
	}
	return fmt.Sprintf("%s.%d.%s.%d.%s", p.Channel, p.Seq, p.target, p.due.UnixMilli(), hex.EncodeToString(h.Sum(nil)[:8]))
}

// id shortens a content to an id that the queue accepts.
func id(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:16])
}

// eventID returns the id of the first job of a message. It says that the message was decided about.
func eventID(shard int, pos uint64) string { return fmt.Sprintf("%d.%d", shard, pos) }

// users returns the users of a job, ascending.
func (t *task) users() []string {
	users := make([]string, len(t.To))
	for i := range t.To {
		users[i] = t.To[i].User
	}
	slices.Sort(users)
	return users
}
