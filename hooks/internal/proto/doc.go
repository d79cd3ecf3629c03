// Package proto reads and writes the files by which a hook and its operator speak to each other.
//
// It knows how documents are cut out of a stream, how fields are read strictly with every violation collected by its
// path, and how the files of one run live and vanish. What the fields mean is known by package hooks.
package proto
