package workload

import (
	"context"
	"net"
	"sync/atomic"
)

// Connections counts what a client opens.
type Connections struct {
	dialer net.Dialer
	opened atomic.Int64
}

func (c *Connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	c.opened.Add(1)
	return c.dialer.DialContext(ctx, network, address)
}

// Opened is how many there were so far.
func (c *Connections) Opened() int64 { return c.opened.Load() }
