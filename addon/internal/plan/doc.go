// Package plan decides what an operator does next.
//
// Next is a pure function: from a State and an Event it makes the following
// State and the Steps to carry out.  It reads no clock, starts nothing and
// keeps nothing, so that each rule of order and isolation is a row of a table
// in its tests.  Whoever carries the steps out owns no policy: it reports what
// happened as further events.
//
// A converge passes through these stages:
//
//	Idle ─Changed─► BeforeAll ─BeforeAllDone─► Deciding ─Decided─► Deleting ─► Running ─► AfterAll ─AfterAllDone─► Idle
//	                     ▲                                                                     │
//	                     └──────────────── asked again meanwhile, or global values moved ──────┘
//
// Orders are soft edges: a module's first attempt begins when the first
// attempts of all lower orders have ended, have failed or have overrun the
// order timeout.  Needs are hard edges: a module waits until every module that
// it needs is Ready, and holds back nobody else while it waits.
package plan
