package embed

import (
	"context"
)

// StepDown is being written.
func (s *Server) StepDown(ctx context.Context) error { return nil }
