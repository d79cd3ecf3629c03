// Package libs holds the libraries that executable hooks may use, for programs that ship them.
package libs

import _ "embed"

//go:embed shell_lib.sh
var shell []byte

// Shell is shell_lib.sh, which hooks in bash source; by convention it is installed as /shell_lib.sh. It needs bash 4.4
// and, for the context functions, jq.
func Shell() []byte { return append([]byte(nil), shell...) }
