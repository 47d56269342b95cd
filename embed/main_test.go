package embed_test

import (
	"testing"

	"github.com/nats-io/nats-server/v2/server/ats"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	ats.Register() // its one goroutine stays
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}
