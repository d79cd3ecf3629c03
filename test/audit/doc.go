// Package audit counts requests in the audit log of an API server: who asked for what,
// how often, between two marks. It is the only witness of "nothing was done" that the
// program under test cannot influence.
//
// A request is one entry: a watch counts when it begins, everything else when it ends. The
// log holds no bodies, so nothing of an object but its name is ever seen here.
package audit
