package fault_test

import (
	"os/exec"
	"runtime"
	"sync"
	"syscall"
)

// nursery starts all children from one thread that lives as long as this process.
var nursery struct {
	once  sync.Once
	start chan func()
}

// begin starts a child that does not outlive this process, however it ends: the kernel kills it
// when the thread that started it is gone.
func begin(cmd *exec.Cmd) error {
	nursery.once.Do(func() {
		nursery.start = make(chan func())
		go func() {
			runtime.LockOSThread()
			for do := range nursery.start {
				do()
			}
		}()
	})
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	done := make(chan error, 1)
	nursery.start <- func() { done <- cmd.Start() }
	return <-done
}
