package embed_test

import (
	"testing"

	"natterjack/embed/embedtest"
)

func TestMain(m *testing.M) { embedtest.Main(m) }
