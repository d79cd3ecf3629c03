// Package values is the configuration engine of an operator: a store of layered,
// explained, transactional values. It knows nothing of Kubernetes.
//
// A [Store] holds one section per module, under the module's camelCase key, and the
// section "global" that all share. What it promises:
//
//   - Layers. Common static, module static, configuration and hook patches replace
//     each other, the later the stronger; maps merge, lists and scalars are replaced.
//     Defaults of the config schema fill holes of the static layers, defaults of the
//     values schema holes of the configuration.
//   - Immutable state. A [View] never changes; readers never wait for writers and see
//     whole transactions only. Equal content has equal bytes and an equal digest,
//     whatever its order and origin. An edit costs what it touches.
//   - All or nothing. A [Change] of a hook (memory, configuration, enabled flags) is
//     checked as a whole by Prepare and taken as a whole by Commit.
//   - Last known good. A section that does not parse or fit its schema leaves the old
//     one in force; other sections go on.
//   - Provenance. Every leaf knows its layer, its file or hook, its cause and its time.
//   - Numbers keep kind and digits: 1 stays an integer, 1.0 does not become one, and
//     integers of any size survive.
//   - Discretion. Errors and logs name files, lines, pointers and rules, never values.
//
// Paths into values are RFC 6901 JSON pointers everywhere.
package values
