// Package operator tries the whole operator on a real control plane: what it
// asks of the API server, what survives when it is killed, what bad input
// harms, and whether public charts run.
package operator
