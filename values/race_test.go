//go:build race

package values

// underRace tells tests to do less: the race detector makes them ten times slower, and
// allocates by itself.
const underRace = true
