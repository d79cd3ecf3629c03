package values

import "context"

// Source delivers the configuration and takes back what hooks write into it.
// Implementations are safe for concurrent use; package valuestest checks them.
type Source interface {
	// Watch calls fn with the whole configuration, first with the present one and then
	// after every change (several changes may be told as one). Calls are serial; fn may
	// call Save. What Save wrote is not told on its own, only together with a later
	// change by someone else, or once more when a call was running meanwhile, whose
	// older state the receiver might otherwise keep. A configuration that does not exist is an empty one.
	// Watch blocks until ctx ends, which is no error, and may return another error when
	// it cannot go on.
	Watch(ctx context.Context, fn func(Config)) error

	// Save replaces the data of one section, provided it is still what it was at
	// version; else it returns ErrConflict and changes nothing. Other sections may have
	// changed since. An empty doc removes the section's data; flags stay.
	Save(ctx context.Context, section string, doc map[string]any, version string) (newVersion string, err error)
}
