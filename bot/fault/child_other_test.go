//go:build unix && !linux

package fault_test

import "os/exec"

// begin starts a child.
func begin(cmd *exec.Cmd) error { return cmd.Start() }
