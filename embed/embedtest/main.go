package embedtest

import (
	"flag"
	"testing"

	"github.com/nats-io/nats-server/v2/server/ats"
	"go.uber.org/goleak"
)

// Main runs the tests of a package that starts servers, in bubbles too, and fails if they leave a
// goroutine behind. It is to be that package's TestMain.
func Main(m *testing.M) {
	ats.Register() // its one goroutine stays, and must not begin in a bubble
	SeveralAtOnce()
	goleak.VerifyTestMain(m, goleak.IgnoreCurrent())
}

// SeveralAtOnce lets four parallel tests run at once, unless the command line has another number.
// go test's own default is the number of cores. But tests of clusters compute little: they wait
// for elections, and for deaths to be noticed.
func SeveralAtOnce() {
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
}
