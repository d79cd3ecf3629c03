package localcluster

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// ports are kept for the life of the folder.
type ports struct {
	APIServer, EtcdClient, EtcdPeer int
}

func choosePorts() (ports, error) {
	taken := map[int]bool{}
	var p ports
	for _, port := range []*int{&p.APIServer, &p.EtcdClient, &p.EtcdPeer} {
		free, err := freePort(taken)
		if err != nil {
			return ports{}, err
		}
		*port, taken[free] = free, true
	}
	return p, nil
}

// freePort looks below the range from which the kernel gives ports to outgoing
// connections: a port of that range could be taken while the part that owns it is down.
func freePort(taken map[int]bool) (int, error) {
	const first, last, tries = 20000, 32000, 1000
	for range tries {
		port := first + rand.IntN(last-first)
		if taken[port] {
			continue
		}
		l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			continue
		}
		return port, l.Close()
	}
	return 0, fmt.Errorf("no free port on 127.0.0.1 between %d and %d after %d tries", first, last, tries)
}
