// Package suite holds the expectations of people about search: a few hundred messages in many
// languages, and for each of some hundred queries the messages that it must find. The expectations
// were written by hand. Tests of the matcher, and of an index, measure themselves by them.
package suite

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Message is a message that may be found.
type Message struct {
	ID, Sender, Channel string
	At                  time.Time
	Marks               []string // image, link, reaction, pinned, unread, mention
	File                string   // the name of its file
	Text                string
}

// Query is a query with the messages that it must find. Nothing else may be found.
type Query struct {
	Text   string
	Found  []string // the words are in these
	Within []string // the words are only within other words of these
	Known  string   // of which the answer is known to differ
}

// Suite is all of it.
type Suite struct {
	Messages []Message
	Queries  []Query
	Now      time.Time
	members  map[[2]string]bool
}

// Load reads the suite from a directory.
func Load(dir string) (*Suite, error) {
	s := &Suite{members: map[[2]string]bool{}}
	s.Now = time.Date(2026, 3, 19, 12, 0, 0, 0, time.FixedZone("Tokyo", 9*60*60))
	if err := eachLine(filepath.Join(dir, "messages.txt"), s.message); err != nil {
		return nil, err
	}
	if err := eachLine(filepath.Join(dir, "queries.txt"), s.query); err != nil {
		return nil, err
	}
	return s, nil
}

// Member reports whether a user is a member of a channel: all users who have sent something there
// are members.
func (s *Suite) Member(user, channel string) bool { return s.members[[2]string{user, channel}] }

// eachLine calls take with each line of a file that is neither empty nor a comment.
func eachLine(path string, take func(string) error) error {
	file, err := os.Open(path) //nolint:gosec // the caller is a test, and names the directory
	if err != nil {
		return err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		if line := lines.Text(); line != "" && !strings.HasPrefix(line, "# ") {
			if err := take(line); err != nil {
				return fmt.Errorf("%s:%d: %w", path, n, err)
			}
		}
	}
	return lines.Err()
}

func (s *Suite) message(line string) error {
	fields := strings.SplitN(line, "|", 6)
	if len(fields) != 6 {
		return fmt.Errorf("%d fields, want 6", len(fields))
	}
	for i := range fields {
		fields[i] = strings.TrimSpace(fields[i])
	}
	at, err := time.Parse("2006-01-02T15:04", fields[3])
	if err != nil {
		return err
	}
	m := Message{ID: fields[0], Sender: fields[1], Channel: fields[2], At: at, Text: fields[5]}
	for mark := range strings.FieldsSeq(fields[4]) {
		name, file, _ := strings.Cut(mark, ":")
		m.Marks = append(m.Marks, name)
		m.File += file
	}
	s.Messages = append(s.Messages, m)
	s.members[[2]string{m.Sender, m.Channel}] = true
	return nil
}

func (s *Suite) query(line string) error {
	sign, rest, _ := strings.Cut(line, " ")
	if sign == "?" {
		s.Queries = append(s.Queries, Query{Text: rest})
		return nil
	}
	if len(s.Queries) == 0 {
		return fmt.Errorf("%q before the first query", line)
	}
	q := &s.Queries[len(s.Queries)-1]
	switch sign {
	case "=":
		q.Found = strings.Fields(rest)
	case "~":
		q.Within = strings.Fields(rest)
	case "!":
		q.Known, _, _ = strings.Cut(rest, " ")
	default:
		return fmt.Errorf("%q does not begin with ?, =, ~ or !, and a blank", line)
	}
	return nil
}
