// Package schema checks values against OpenAPI-like schemas, and fills in their
// defaults.
//
//   - A schema is compiled once. What it found valid is noted on the immutable
//     containers of the values, so that after an edit only the containers on the
//     edited path are looked at again.
//   - Objects take no unknown keys unless their schema says so.
//   - Findings name the schema's file, the place in it, the place in the values and
//     the rule, and never hold a value.
//   - References stay within the two files; nothing is read from disk or network.
package schema
