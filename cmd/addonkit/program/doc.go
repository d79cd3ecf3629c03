// Package program is the ready operator with its command line, for hosts that
// want all of it plus modules written in Go:
//
//	func main() { os.Exit(program.Main(nodescale.Module())) }
//
// It promises:
//
//   - modules folders of addon-operator run as they are, and settings have its
//     names and defaults. A flag of addon-operator that has no effect here is
//     refused, a variable of the environment without effect named in the log;
//   - what is wrong with the command line is one sentence with the remedy, and
//     exit code 2; a failure while running is exit code 1;
//   - the first SIGINT or SIGTERM ends everything in order, and the exit code is
//     0; the second ends the process at once;
//   - hooks always find a jq in their PATH.
package program
