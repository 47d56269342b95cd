package main

import (
	"context"
	"fmt"

	"natterjack/internal/bench/internal/load"
	"natterjack/server/wire"
)

// ask sends a command of a session and returns its answer. The command must have a ref, because
// the ref tells its reply from other frames.
func ask[F wire.Frame](ctx context.Context, s *load.Session, cmd wire.Command) (none F, err error) {
	command, err := wire.Append(nil, cmd)
	if err != nil {
		return none, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	answer, err := s.Request(ctx, load.Text(command))
	if err != nil {
		return none, err
	}
	frame, err := wire.DecodeFrame(answer)
	if err != nil {
		return none, err
	}
	if f, ok := frame.(F); ok {
		return f, nil
	}
	return none, fmt.Errorf("%s was answered with %.300s", cmd.Type(), answer)
}
