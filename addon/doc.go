// Package addon runs modules: Helm charts whose values hooks discover from the
// cluster. It composes the packages beside it into one Operator.
//
//	op, err := addon.New(addon.Options{REST: cfg, Namespace: "platform", Modules: modules})
//	…
//	err = op.Run(ctx)
//
// What it promises:
//
//   - New checks everything that needs no cluster, starts nothing and runs no
//     foreign code. Run blocks, once, and has ended everything it started when
//     it returns. Several operators live in one process.
//   - A hook's effects are data. All of its Output is checked before the first
//     of them; then the configuration is written, then objects in their order,
//     then values, flags and metrics in one commit. If an object change fails,
//     nothing is committed and the retry carries out the whole Output of a new
//     run.
//   - A chart is applied only after the module's Synchronization hooks have
//     succeeded, and only when its inputs changed.
//   - A module that fails or hangs delays those that need it and, for
//     OrderTimeout at most, those of higher orders. Errors never disable a
//     module.
//   - What users configure wrongly harms the module that it is about, which
//     goes on with its last good values.
//   - Only releases that carry the Instance of this operator are ever purged.
//   - Values and Secrets reach no log, error, metric or page.
//
// # Life of a module
//
// A module is enabled by the strongest of these that has an opinion: its
// default, the static flag, the flag that a global hook set, the
// configuration; then its Enabled function may veto. Each converge runs the
// global beforeAll hooks, decides, deletes what is not enabled in reverse
// order, runs what is, lower orders first, and runs the afterAll hooks.
//
// Each run of a module passes: its hooks' start (load, onStartup, watches,
// Synchronization, schedules; once), beforeHelm, the release, afterHelm.
// Deletion passes beforeDeleteHelm, the uninstall, afterDeleteHelm.
package addon
