package store

import "time"

// SetPatience bounds short calls in place of callTimeout.
func (s *Store) SetPatience(d time.Duration) { s.patience = d }

// SetPage sets how many objects a page of a list has.
func (s *Store) SetPage(n int) { s.pageSize = n }

// Scrub is the function that takes URLs out of errors.
var Scrub = scrub
