package addon

// The keys of structured logs.
const (
	logModule   = "module"
	logHook     = "hook"
	logQueue    = "queue"
	logTask     = "task"
	logCause    = "cause"
	logTook     = "took"
	logRevision = "revision"
	logAttempt  = "attempt"
)
