// Package queue runs tasks: each named queue one at a time and in order, all queues beside each other.
//
// A [Task] is data, so that an engine which stores or distributes tasks can stand behind [Runner] as well as
// [Memory], which keeps them in this process. What a task means is the [Handler]'s business alone.
//
// What every Runner promises, and package queuetest checks:
//
//   - Order. In one queue tasks of equal [Priority] run in the order they were added, one at a time; a higher
//     priority goes before a lower one. Nothing is promised between queues but that none waits for another
//     (other than for a free worker, where their number is limited).
//   - Coalescing. At most one task of a (Queue, Key) waits. Adding it again replaces what waits, in its place,
//     with the higher of the two priorities. A task added while its key runs waits its own turn and runs once more.
//   - No loss. An accepted task runs until its handler reports it done, stops it, or somebody removes it.
//   - Retry in place. A task that fails keeps its place: what stands behind it waits, what is more urgent passes.
//     The delay grows by [Backoff]; adding the key again means its input has changed, and ends delay and count.
//   - Fences. A handler that panics fails its own task with a [PanicError]; nothing else notices.
//   - Rest. With nothing to run there is no polling, no timer, and no goroutine but the one that called Run.
//   - End. When Run returns, every handler has returned. Tasks that were not done are gone: a runner in memory
//     forgets, so whoever adds tasks derives them from a state that can be read again.
//
// Priorities do not interrupt: a running task goes on, unless it was added with [Task.Supersede] and its key is
// added again.
package queue
