package localcluster

import (
	"context"
	"net"
	"net/url"
	"time"
)

// AwaitNoAPIServer blocks until nothing accepts connections on the API server's port of
// the control plane in dir, but no longer than limit.
func AwaitNoAPIServer(ctx context.Context, dir string, limit time.Duration) error {
	f, err := open(dir)
	if err != nil {
		return err
	}
	address, err := url.Parse(f.server())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return poll(ctx, func() bool {
		conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address.Host)
		if err != nil {
			return ctx.Err() == nil
		}
		_ = conn.Close()
		return false
	})
}
