package main
import "context"
func (s *stage) charts(ctx context.Context) error { return nil }
