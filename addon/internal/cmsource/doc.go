// Package cmsource is a [values.Source] on a ConfigMap.
//
// Its data is read by [values.ParseConfig]: a malformed section harms only itself. Promises beyond those of a Source:
//
//   - A ConfigMap that is missing, or deleted while it is watched, is an empty configuration. Save creates it.
//   - Watch holds one watch, for this one object. At rest it sends nothing but the reopening of that. When the API
//     server is away, it tries again at growing intervals, for ever, and misses nothing in between.
//   - What is told is never older than what was told or saved before: events only say that something moved, and then
//     the newest state is read.
//   - Save changes one key of data. It goes through whatever others do to the other keys, and is refused by
//     [values.ErrConflict] when the section is no longer what it was at the version given.
//   - When a Save and a call of Watch's function overlap, that function is called once more after, with both.
//   - Errors and logs name the ConfigMap, and hold nothing of its data.
package cmsource
