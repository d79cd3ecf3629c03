// Package kubewrite carries out the changes of the cluster that hooks ask for.
//
// Promises:
//
//   - Changes are carried out one after the other, each whatever became of those before it, until the context ends.
//     There is a [Result] for each.
//   - A change that has been carried out may be carried out again: the second time it finds its work done. So a hook
//     that is run again after a failure, or after the process was killed between two changes, gets through. What
//     cannot be told from new work is excepted: names that the server generates, JSON patches that append to lists,
//     and patches by jq that are no fixed point.
//   - CreateOrUpdate sets the fields it gives and leaves the others, which may belong to somebody else.
//   - Nothing is written where nothing would change, as far as a read can tell that more cheaply than a write.
//   - Conflicts with other writers are resolved by doing it again on the newer object, some times.
//   - Delete ends when the object is gone, when its context ends, or after [DeleteTimeout].
//   - Errors name the operation and the object, and hold nothing of its content; [Error] unwraps to the API's error.
//
// A [Writer] starts nothing that outlives a call, and is safe for concurrent use.
package kubewrite
