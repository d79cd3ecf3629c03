package localcluster

import (
	"context"
	"fmt"
	"net/url"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/storage/wal"
)

// etcd stores without waiting for the disk: a control plane under test survives the death
// of a process, not the loss of power.
func etcd(f folder) component {
	ready := make(chan struct{})
	return component{
		name: "etcd",
		run: func(ctx context.Context) error {
			wal.SegmentSizeBytes = 8 << 20 // preallocated twice
			e, err := embed.StartEtcd(f.etcdConfig())
			if err != nil {
				return err
			}
			defer e.Close()
			select {
			case <-e.Server.ReadyNotify():
				close(ready)
			case err := <-e.Err():
				return err
			case <-ctx.Done():
				return nil
			}
			select {
			case err := <-e.Err():
				return err
			case <-ctx.Done():
				return nil
			}
		},
		ready: func(ctx context.Context) error {
			select {
			case <-ready:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		},
	}
}

func (f folder) etcdConfig() *embed.Config {
	c := embed.NewConfig()
	c.Dir, c.UnsafeNoFsync = f.path("etcd"), true
	c.LogLevel, c.LogOutputs = "error", []string{"stderr"}
	client, peer := loopback(f.ports.EtcdClient), loopback(f.ports.EtcdPeer)
	c.ListenClientUrls, c.AdvertiseClientUrls = client, client
	c.ListenPeerUrls, c.AdvertisePeerUrls = peer, peer
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	return c
}

func loopback(port int) []url.URL {
	return []url.URL{{Scheme: "http", Host: fmt.Sprintf("127.0.0.1:%d", port)}}
}
