package probes

import (
	"errors"
	"flag"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

var actOn = flag.String("act", "", "pid:start that TestHelperActs acts on; set by tests that start this binary as another user")

// TestHelperActs is the other side of TestRenice: it runs as another user.
func TestHelperActs(t *testing.T) {
	if *actOn == "" {
		t.Skip("only with -act")
	}
	p, s, _ := strings.Cut(*actOn, ":")
	pid, _ := strconv.Atoi(p)
	start, _ := strconv.ParseUint(s, 10, 64)
	if err := Signal(pid, start, 15, ActOptions{}); errors.Is(err, ErrPermission) {
		fmt.Println("signal:", ErrPermission, err)
	}
	if err := Renice(pid, start, -5, ActOptions{}); errors.Is(err, ErrPermission) {
		fmt.Println("renice:", ErrPermission, err)
	}
}
