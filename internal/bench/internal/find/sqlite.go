package find

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	_ "modernc.org/sqlite" // the driver
)

// sqlite is SQLite's full-text index FTS5, in pure Go. It keeps positions, and no text.
type sqlite struct {
	db *sql.DB
}

func openSQLite(ctx context.Context, path, tokenizer string) (*sqlite, error) {
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	for _, statement := range []string{
		"CREATE TABLE m (seq INTEGER PRIMARY KEY, channel TEXT, sender TEXT, at INTEGER)",
		"CREATE VIRTUAL TABLE f USING fts5(text, content='', contentless_delete=1, tokenize='" + tokenizer + "')",
	} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, errors.Join(fmt.Errorf("%s: %w", statement, err), db.Close())
		}
	}
	return &sqlite{db}, nil
}

func (s *sqlite) add(ctx context.Context, messages []message) (err error) {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, tx.Rollback())
		}
	}()
	meta, err := tx.PrepareContext(ctx, "INSERT INTO m VALUES (?, ?, ?, ?)")
	if err != nil {
		return err
	}
	text, err := tx.PrepareContext(ctx, "INSERT INTO f (rowid, text) VALUES (?, ?)")
	if err != nil {
		return err
	}
	for _, m := range messages {
		if _, err := meta.ExecContext(ctx, int64(m.seq), m.channel, m.sender, m.at.UnixMilli()); err != nil {
			return err
		}
		if _, err := text.ExecContext(ctx, int64(m.seq), m.text); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func (s *sqlite) newest(ctx context.Context, query string, channels []string, limit int) (found int, err error) {
	in, err := json.Marshal(channels)
	if err != nil {
		return 0, err
	}
	const statement = "SELECT f.rowid FROM f JOIN m ON m.seq = f.rowid " +
		"WHERE f MATCH ? AND m.channel IN (SELECT value FROM json_each(?)) ORDER BY f.rowid DESC LIMIT ?"
	rows, err := s.db.QueryContext(ctx, statement, quoted(query), string(in), limit)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		found++
	}
	return found, rows.Err()
}

// quoted returns a query as FTS5 reads it: a phrase, with the star of a prefix after it.
func quoted(query string) string {
	word, prefix := strings.CutSuffix(query, "*")
	if !strings.HasPrefix(word, `"`) {
		word = `"` + word + `"`
	}
	if prefix {
		word += "*"
	}
	return word
}

// Close closes the database.
func (s *sqlite) Close() error { return s.db.Close() }
