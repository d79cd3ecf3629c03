package cluster

import (
	"context"
	"fmt"
)

// StartPart starts a part that is not running and waits until it serves.
func (c *Cluster) StartPart(ctx context.Context, part Part) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.processes[part] != nil {
		return fmt.Errorf("cluster: %s is running", part)
	}
	args := []string{"-dir", c.dir, "-nodes", fmt.Sprint(c.options.Nodes), "-owned"}
	if c.ephemeral {
		args = append(args, "-ephemeral")
	}
	p, err := launch(c.binary, append(args, string(part)), c.logFile(part))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, c.options.StartTimeout)
	defer cancel()
	if err := p.awaitReady(ctx); err != nil {
		p.kill()
		return fmt.Errorf("cluster: %s did not start: %w", part, err)
	}
	c.processes[part] = p
	return nil
}

// StopPart tells a part to stop and waits for it; nothing if it does not run.
func (c *Cluster) StopPart(part Part) error {
	p := c.take(part)
	if p == nil {
		return nil
	}
	if err := p.stop(); err != nil {
		return fmt.Errorf("cluster: %s: %w", part, err)
	}
	return nil
}

// KillPart ends a part at once, as a crash would; nothing if it does not run.
func (c *Cluster) KillPart(part Part) {
	if p := c.take(part); p != nil {
		p.kill()
	}
}

// PID is the process of a part, 0 if it does not run.
func (c *Cluster) PID(part Part) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p := c.processes[part]; p != nil {
		return p.cmd.Process.Pid
	}
	return 0
}

func (c *Cluster) take(part Part) *process {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.processes[part]
	delete(c.processes, part)
	return p
}
