// Package checker judges a run of the demo. It reads only the API server and the audit
// log; what nobody but the operator can tell (health, metrics, reasons, its log) it asks
// where operators offer it. It never changes anything and knows nothing of how the run is
// steered: each item of [Items] is a sentence and a function that says whether it holds.
package checker
