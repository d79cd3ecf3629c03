package queue_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/addonkit/addonkit/queue"
	"github.com/addonkit/addonkit/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	queuetest.TestRunner(t, func(o queue.Options) queue.Runner { return queue.NewMemory(o) })
}
