package process_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/addonkit/addonkit/hooks/internal/process"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func bash(script string) process.Spec {
	return process.Spec{Path: "/bin/bash", Args: []string{"-c", script}, Env: os.Environ(), Grace: 200 * time.Millisecond}
}

func TestRunGivesOutputUsageAndNullStdin(t *testing.T) {
	var out, errs bytes.Buffer
	s := bash(`cat; echo out; echo err >&2; for i in {1..20000}; do :; done`)
	s.Stdout, s.Stderr = &out, &errs
	usage, err := process.Run(t.Context(), s)
	require.NoError(t, err)
	require.Equal(t, "out\n", out.String())
	require.Equal(t, "err\n", errs.String())
	require.Greater(t, usage.MaxRSS, int64(100<<10))
	require.Positive(t, usage.User+usage.System)
}

func TestRunTellsTheExitCode(t *testing.T) {
	_, err := process.Run(t.Context(), bash(`exit 7`))
	exit, ok := errors.AsType[*process.Exit](err)
	require.True(t, ok)
	require.Equal(t, 7, exit.Code)
	require.EqualError(t, err, "exit status 7")
}

func TestRunEndsTheWholeGroup(t *testing.T) {
	for name, script := range map[string]string{
		"obeys TERM":       `sleep 300 & echo $! >"$F"; wait`,
		"ignores TERM":     `trap '' TERM; sleep 300 & echo $! >"$F"; while :; do wait; done`,
		"left the session": `setsid sleep 300 & echo $! >"$F"; sleep 300`,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pid")
			s := bash(script)
			s.Env = append(s.Env, "F="+file)
			var out bytes.Buffer
			s.Stdout = &out // held open by the descendant
			ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
			defer cancel()
			begin := time.Now()
			_, err := process.Run(ctx, s)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Less(t, time.Since(begin), 300*time.Millisecond+200*time.Millisecond+process.HoldDelay+time.Second)
			requireGone(t, file)
		})
	}
}

func TestRunLeavesNoDaemonBehindThoughTheProgramSucceeds(t *testing.T) {
	for name, script := range map[string]string{
		"in the group":     `sleep 300 & echo $! >"$F"`,
		"left the session": `setsid bash -c 'echo $$ >"$F"; exec sleep 300' >/dev/null 2>&1 & while ! [ -s "$F" ]; do :; done`,
		"twice removed":    `setsid bash -c 'setsid bash -c "echo \$\$ >\$F; exec sleep 300" & sleep 300' & while ! [ -s "$F" ]; do :; done`,
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pid")
			s := bash(script)
			s.Env = append(s.Env, "F="+file)
			var out bytes.Buffer
			s.Stdout = &out
			_, err := process.Run(t.Context(), s)
			require.NoError(t, err)
			requireGone(t, file)
		})
	}
}

func TestRunBoundsOutput(t *testing.T) {
	tail := &process.Tail{Limit: 1 << 10}
	lines := 0
	logged := &process.Lines{MaxLine: 100, MaxTotal: 4 << 10, Line: func(string) { lines++ }}
	s := bash(`head -c 1073741824 /dev/zero | tr '\0' '\n'; echo end`)
	s.Stdout, s.Stderr = tail, logged
	_, err := process.Run(t.Context(), s)
	require.NoError(t, err)
	require.LessOrEqual(t, len(tail.String()), 1<<10+100)
	require.True(t, strings.HasSuffix(tail.String(), "\nend\n"))
	require.Contains(t, tail.String(), "bytes before this are left out")
	require.Zero(t, lines)
}

func TestRunSaysWhatToDoAboutAProgramThatCannotStart(t *testing.T) {
	write := func(mode os.FileMode, text string) string {
		path := filepath.Join(t.TempDir(), "hook")
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	for path, want := range map[string]string{
		write(0o600, "#!/bin/sh\n"):          "chmod +x",
		write(0o700, "echo\n"):               "#!/usr/bin/env bash",
		write(0o700, "#!/no/such/thing\n"):   `"#!/no/such/thing"`,
		filepath.Join(t.TempDir(), "absent"): "no such file",
	} {
		_, err := process.Run(t.Context(), process.Spec{Path: path})
		require.ErrorContains(t, err, want)
	}
}

// The test binary starts itself as an operator with a running hook and is then killed.
func TestProgramAndDescendantsDieWithThisProcess(t *testing.T) {
	dir := os.Getenv("PROCESS_TEST_OPERATOR")
	if dir != "" {
		s := bash(`cd "$D"; sleep 300 & echo $! >child; setsid bash -c 'echo $$ >daemon; exec sleep 300' &
			echo $$ >self; while ! [[ -s daemon ]]; do :; done; sleep 0.2; touch ready; while :; do sleep 300; done`)
		s.Env = append(s.Env, "D="+dir)
		_, _ = process.Run(t.Context(), s)
		return
	}
	dir = t.TempDir()
	operator := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestProgramAndDescendantsDieWithThisProcess$")
	operator.Env = append(os.Environ(), "PROCESS_TEST_OPERATOR="+dir)
	require.NoError(t, operator.Start())
	await(t, func() bool { _, err := os.Stat(filepath.Join(dir, "ready")); return err == nil })
	require.NoError(t, operator.Process.Kill())
	_ = operator.Wait()
	for _, name := range []string{"self", "child", "daemon"} {
		requireGone(t, filepath.Join(dir, name))
	}
}

func TestLines(t *testing.T) {
	var got []string
	l := &process.Lines{MaxLine: 5, MaxTotal: 20, Line: func(s string) { got = append(got, s) }}
	for _, part := range []string{"a", "b\n\ncd\r\n", "1234567890\n", "\xff\n", "x\ny\n", "more\nand more\nlast"} {
		_, err := l.Write([]byte(part))
		require.NoError(t, err)
	}
	l.Flush()
	require.Equal(t, []string{"ab", "cd", "12345…", "\uFFFD", "x", "y", "[16 more bytes of output are left out]"}, got)
}

func requireGone(t *testing.T, file string) {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(data)))
	require.NoError(t, err)
	await(t, func() bool { return !alive(pid) })
}

// alive is false for zombies, which wait for a parent that is not ours.
func alive(pid int) bool {
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return syscall.Kill(pid, 0) == nil
	}
	_, rest, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(rest, "Z")
}

func await(t *testing.T, done func() bool) {
	t.Helper()
	require.Eventually(t, done, 5*time.Second, 5*time.Millisecond)
}
