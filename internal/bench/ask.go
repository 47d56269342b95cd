package main

import (
	"context"
	"fmt"

	"natterjack/internal/bench/internal/load"
	"natterjack/server/wire"
)

// ask has a command of a session answered, which must have a ref: by this its reply is told from what comes by itself.
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
