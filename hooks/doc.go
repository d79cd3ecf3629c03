// Package hooks says what a hook is and runs one.
//
// A [Hook] is a function with a declaration of when it runs: at moments of its module's life, on a schedule, and on
// changes in the cluster. Go functions and executables have the same contract: a run gets an [Input] and fills an
// [Output]; it changes nothing by itself.
//
// Promises:
//
//   - [Call] returns only when nothing it started still runs: no goroutine, no process, no file.
//   - When [Call] succeeds, all of the Output was parsed and checked. When it fails, the Output still returned holds
//     exactly what may take effect nonetheless: metrics, and the changes marked with IgnoreHookError.
//   - A panic of a Go hook fails that run only, as a [PanicError] with its stack.
//   - Every run has a deadline. An executable runs in its own process group and dies with this process; see
//     [ExecOptions].
//   - Values reach no log and no error. What an executable prints is its own words: it is logged line by line, and the
//     end of it is part of the error.
//
// Hooks from executables come from a [Source]: [Folder] finds them in a directory, [Exec] takes one. They speak the
// protocol of addon-operator and shell-operator: configuration printed for --config, and files named by environment
// variables.
//
// Nothing here is safe for concurrent use except where a comment says so; runs of different Inputs are independent of
// each other.
package hooks
