// Package tree is an immutable tree of JSON-like values.
//
//   - A Value never changes. An edit returns a new Value that shares every
//     untouched container with the old one.
//   - Equal content has one shape, one digest and one encoding, in whatever
//     order it was put together.
//   - Digests and encodings are computed at first use and kept with the
//     container, so that after an edit only the containers on the edited path
//     pay again.
//   - Numbers keep their kind (integer or not) and all their digits.
//   - Every Value may carry the Origin of its content. Origins take no part in
//     equality, digests and encodings.
//
// Everything here is safe for concurrent use.
package tree
