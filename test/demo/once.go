package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/addonkit/addonkit/test/demo/checker"
	"github.com/addonkit/addonkit/test/demo/fault"
)

// How long an item may take; a lost one is not waited for as long.
const (
	patience     = 90 * time.Second
	lostPatience = 20 * time.Second
)

// play is one unattended run.
type play struct {
	*stage
	lost       loss
	proxy      *fault.Proxy
	kubeconfig string
	world      *checker.World
}

// once makes all edits and has the checker judge each; the first item that does not hold
// ends the run.
func (s *stage) once(ctx context.Context) error {
	p := &play{stage: s, lost: losses()[s.broken]}
	if p.lost.before == "" {
		p.lost.before = s.broken
	}
	began := time.Now()
	if !p.lost.charts {
		if err := p.onFolder(ctx); err != nil {
			return err
		}
	}
	if s.broken == "" || p.lost.charts {
		if err := s.onCharts(ctx); err != nil {
			return err
		}
	}
	if s.broken != "" {
		return fmt.Errorf("BREAK=%s went unnoticed: every outcome held", s.broken)
	}
	s.say("all outcomes held, in %s", time.Since(began).Round(time.Second))
	return nil
}

// onFolder runs the modules folder.
func (p *play) onFolder(ctx context.Context) error {
	if err := p.prepare(ctx); err != nil {
		return err
	}
	edits := editBefore()
	for _, item := range checker.Items() {
		if err := p.reach(ctx, item, edits[item.Name]); err != nil {
			return err
		}
	}
	return nil
}

// prepare sets the scene and starts the operator, behind a proxy if something is to be lost.
func (p *play) prepare(ctx context.Context) error {
	if err := p.setScene(ctx); err != nil {
		return err
	}
	access, err := p.operatorAccess(ctx)
	if err != nil {
		return err
	}
	if p.broken != "" {
		if access, err = p.behindProxy(access); err != nil {
			return err
		}
	}
	p.kubeconfig = p.path("operator.kubeconfig")
	if err := writeKubeconfig(p.kubeconfig, access); err != nil {
		return err
	}
	kube, err := kubernetes.NewForConfig(p.admin("demo-checker"))
	if err != nil {
		return err
	}
	p.world = &checker.World{
		Kube: kube, Audit: p.cluster.Audit(), Namespace: namespace, ConfigMap: configMap,
		User: fmt.Sprintf("system:serviceaccount:%s:%s", namespace, account), LogFile: p.path("operator.log"),
	}
	if p.lost.before == atStart {
		if err := p.lose(ctx); err != nil {
			return err
		}
	}
	return p.start(ctx)
}

func (p *play) behindProxy(access *rest.Config) (*rest.Config, error) {
	var err error
	if p.proxy, err = fault.NewProxy(access); err != nil {
		return nil, err
	}
	p.closers = append(p.closers, func() error { p.proxy.Close(); return nil })
	access = rest.CopyConfig(access)
	access.Host, access.CAData = p.proxy.URL(), p.proxy.Authority()
	return access, nil
}

// start starts the operator and, unless its endpoint is what is lost, waits until it is ready.
func (p *play) start(ctx context.Context) error {
	began := time.Now()
	if err := p.startOperator(ctx, p.kubeconfig, p.lost.flags...); err != nil {
		return err
	}
	p.world.Endpoint = p.operator.endpoint
	if p.broken != "" {
		return nil
	}
	if err := p.operator.ready(ctx); err != nil {
		return err
	}
	p.say("the operator was ready after %s", time.Since(began).Round(10*time.Millisecond))
	return nil
}

// reach makes the edit of an item, if it has one, and waits until the item holds.
func (p *play) reach(ctx context.Context, item checker.Item, change edit) error {
	limit := patience
	if item.Name == p.broken {
		limit = lostPatience
		if p.lost.instead != nil {
			change = p.lost.instead
		}
	}
	if p.lost.before == item.Name && item.Name != atStart && !p.lost.charts {
		if err := p.lose(ctx); err != nil {
			return err
		}
	}
	if change != nil {
		if err := p.world.Begin(ctx); err != nil {
			return err
		}
		if err := change(ctx, p); err != nil {
			return fmt.Errorf("the edit for %s: %w", item.Name, err)
		}
	}
	began := time.Now()
	err := p.world.Await(ctx, item, limit)
	if reason, ok := checker.Skipped(err); ok && item.Name != p.broken {
		p.line("skipped", item, reason)
		return nil
	}
	if err != nil {
		return p.failed(item, err)
	}
	p.line("ok", item, fmt.Sprintf("%s (%s)", item.Says, time.Since(began).Round(10*time.Millisecond)))
	return nil
}

// failed says which item did not hold, and with BREAK whether it is the one that was lost.
func (p *play) failed(item checker.Item, err error) error {
	p.line("FAILED", item, fmt.Sprintf("%s: %v", item.Says, err))
	if p.broken == "" {
		fmt.Fprintf(p.out, "the end of %s:\n%s\n", filepath.Base(p.operator.log), tail(p.operator.log))
	}
	if p.broken != "" && item.Name != p.broken {
		return fmt.Errorf("BREAK=%s was to fail there, and %s failed", p.broken, item.Name)
	}
	return errors.New(item.Name + " does not hold")
}

func (s *stage) line(verdict string, item checker.Item, text string) {
	fmt.Fprintf(s.out, "%-7s  %d %-17s %s\n", verdict, item.Outcome, item.Name, text)
}

func (p *play) lose(ctx context.Context) error {
	p.proxy.Add(p.lost.rules...)
	if p.lost.do == nil {
		return nil
	}
	return p.lost.do(ctx, p)
}
