// Package repotest holds the repository's rules as plain tests, so that breaking one fails
// `go test ./...` with a sentence instead of a reviewer's memory:
//
//   - which package may import which, and what no package may pull in;
//   - the list of direct requirements, each argued for in a decision record;
//   - the exported API as text, kept in docs/api (rewritten by -update);
//   - package comments, formatting, and the shape of the nested modules;
//   - links, paths and programs in the documentation.
//
// It has no code besides its tests.
package repotest
