package stack

import "syscall"

// dieWithParent makes the kernel end the child when the test process dies.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGKILL }
