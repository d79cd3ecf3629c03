package program

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/go-logr/logr"
)

// listen opens what the operator answers on. A socket that nobody asked for and
// that cannot be had, as without the rights to /var/run, is left out.
func (s *settings) listen(ctx context.Context, log logr.Logger) (listeners []net.Listener, err error) {
	defer func() {
		if err != nil {
			for _, l := range listeners {
				_ = l.Close() // err says more
			}
		}
	}()
	var config net.ListenConfig
	address := s.listenAddress
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, strconv.Itoa(s.listenPort))
	}
	tcp, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("%w; give another address with --listen-address", err)
	}
	listeners = append(listeners, tcp)
	if s.socket == "" {
		return listeners, nil
	}
	unix, err := listenUnix(ctx, s.socket)
	switch {
	case err == nil:
		listeners = append(listeners, unix)
	case s.socket == defaultSocket:
		log.V(1).Info("no status socket", "error", err.Error())
	default:
		return listeners, fmt.Errorf("%w; give another path with --debug-unix-socket", err)
	}
	return listeners, nil
}

// listenUnix replaces a socket that a former process left behind.
func listenUnix(ctx context.Context, path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	var config net.ListenConfig
	return config.Listen(ctx, "unix", path)
}

// serve answers on the listeners until ctx ends. It closes them.
func serve(ctx context.Context, log logr.Logger, handler http.Handler, listeners []net.Listener) error {
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, len(listeners))
	for _, l := range listeners {
		log.Info("listening", "address", l.Addr().String())
		go func() { failed <- server.Serve(l) }()
	}
	var errs []error
	select {
	case <-ctx.Done():
	case err := <-failed:
		errs = append(errs, err)
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
	defer cancel()
	if server.Shutdown(grace) != nil {
		_ = server.Close() // whoever still reads has had three seconds
	}
	for len(errs) < len(listeners) {
		errs = append(errs, <-failed)
	}
	return errors.Join(slices.DeleteFunc(errs, func(err error) bool { return errors.Is(err, http.ErrServerClosed) })...)
}
