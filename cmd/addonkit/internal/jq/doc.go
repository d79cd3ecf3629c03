// Package jq is the command line of jq, as far as hooks use it, over the
// interpreter that the library filters objects with.
//
// It promises the options, output and exit codes of jq 1.7, but for these: keys
// of objects come out sorted, there is no colour, and --stream, --seq and
// module paths are refused. It reads and writes nothing but what Streams and
// the arguments name, and keeps no state between calls.
package jq
