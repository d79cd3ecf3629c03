package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"
)

// live runs the operator and shows its status until ctx ends.
func (s *stage) live(ctx context.Context) error {
	if err := s.setScene(ctx); err != nil {
		return err
	}
	access, err := s.operatorAccess(ctx)
	if err != nil {
		return err
	}
	if err := writeKubeconfig(s.path("operator.kubeconfig"), access); err != nil {
		return err
	}
	if err := writeKubeconfig(s.path("kubeconfig"), s.admin("")); err != nil {
		return err
	}
	if err := os.Symlink(s.cluster.Binary(), s.path("bin/kubectl")); err != nil {
		return err
	}
	if err := s.startOperator(ctx, s.path("operator.kubeconfig")); err != nil {
		return err
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		s.draw(ctx)
		select {
		case <-tick.C:
		case <-s.operator.ended:
			return s.operator.stop()
		case <-ctx.Done():
			fmt.Fprintln(s.out)
			s.say("stopping")
			return nil
		}
	}
}

// draw shows the table and below it what to try. On a terminal it replaces what was there.
func (s *stage) draw(ctx context.Context) {
	text := s.status(ctx) + "\n" + s.hints()
	if terminal, ok := s.out.(*os.File); ok && isTerminal(terminal) {
		const home, clearLine, clearBelow = "\x1b[H", "\x1b[K\n", "\x1b[J"
		text = home + strings.ReplaceAll(text, "\n", clearLine) + clearBelow
	}
	fmt.Fprint(s.out, text)
}

func isTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (s *stage) status(ctx context.Context) string {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.operator.endpoint+"/status", nil)
	if err != nil {
		return err.Error() + "\n"
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "the operator is starting\n"
	}
	defer answer.Body.Close()
	table, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error() + "\n"
	}
	return string(table)
}

func (s *stage) hints() string {
	return fmt.Sprintf(`Try, in another terminal:

    export KUBECONFIG=%[1]s/kubeconfig PATH=%[1]s/bin:$PATH
    kubectl edit configmap %[2]s                     # sysctlTuner: profile: database
    kubectl patch configmap %[2]s -p '{"data":{"sysctlTunerEnabled":"false"}}'
    kubectl delete node node-1                             # node-scale follows
    kubectl create configmap %[3]s                   # flaky fails, and recovers when it is deleted
    kubectl create namespace crowded; kubectl label namespace crowded wants=cleanup
    kubectl delete secret pull-key                         # its copy in team-a goes
    echo 'exit 1' > %[1]s/modules/010-sysctl-tuner/hooks/10-settings.sh   # break a hook, then change the profile
    curl %[4]s/metrics; tail -f %[1]s/operator.log

Ctrl-C ends everything.
`, s.dir, configMap, cause, s.operator.endpoint)
}
