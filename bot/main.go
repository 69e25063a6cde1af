// Command bot is Yishi 议事: a WeChat Official Account through which the residents of a
// community run their own projects.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is set by the linker in releases.
var version = "dev"

// Exit codes: a wrong command line or configuration is 2, anything else that fails is 1.
const (
	exitOK    = 0
	exitFail  = 1
	exitUsage = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, env{
		args: os.Args[1:], stdout: os.Stdout, stderr: os.Stderr,
		getenv: os.Getenv, environ: os.Environ(),
	})
	stop()
	os.Exit(code)
}

// env is what a command gets of the process around it.
type env struct {
	args           []string
	stdout, stderr io.Writer
	getenv         func(string) string
	environ        []string
}

// say prints a line for the operator.
func (e env) say(format string, args ...any) {
	_, _ = fmt.Fprintf(e.stdout, format+"\n", args...) // nobody is left to tell
}

// command is one word of the command line.
type command struct {
	name, use string
	run       func(context.Context, env) error
}

func commands() []command {
	return []command{
		{"demo", "show the bot on phones in the browser; needs nothing", demoCommand},
		{"serve", "answer the platform's calls, and work off what waits", serve},
		{"worker", "only work off what waits", worker},
		{"migrate", "bring the database's tables up to date", migrate},
		{"community", "add, change or list communities and their QR codes", community},
		{"staff", "give offices, show who holds them, take them away", staffCommand},
		{"audit", "print what staff did", auditCommand},
		{"push", "tell a community something; report, resend, cancel", pushCommand},
		{"menu", "publish the account's menu", menuCommand},
		{"check", "try configuration, database, sessions and the platform", check},
		{"keys", "make a master key, a token and an AES key", keys},
		{"flows", "print the conversations as Mermaid flowcharts", printFlows},
		{"healthcheck", "ask the admin address of a running bot; for containers", healthcheck},
		{"version", "print the version", func(_ context.Context, e env) error { e.say("%s", version); return nil }},
	}
}

// errUsage is a wrong command line; its text was printed already.
var errUsage = errors.New("usage")

// run carries out one command and returns the exit code.
func run(ctx context.Context, e env) int {
	name := ""
	if len(e.args) > 0 {
		name, e.args = e.args[0], e.args[1:]
	}
	for _, c := range commands() {
		if c.name != name {
			continue
		}
		err := c.run(ctx, e)
		switch {
		case err == nil:
			return exitOK
		case errors.Is(err, errUsage):
			return exitUsage
		}
		_, _ = fmt.Fprintf(e.stderr, "bot %s: %v\n", name, err)
		if isFault(err) {
			return exitUsage
		}
		return exitFail
	}
	_, _ = fmt.Fprintln(e.stderr, "usage: bot COMMAND")
	for _, c := range commands() {
		_, _ = fmt.Fprintf(e.stderr, "  %-12s %s\n", c.name, c.use)
	}
	if name == "help" || name == "-h" || name == "--help" {
		return exitOK
	}
	return exitUsage
}
