package disk_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/tallow-transfer/tallow/internal/disk/destination"
	"github.com/tallow-transfer/tallow/internal/disk/source"
)

// The test binary runs itself again as a receiver that is going to be killed.
// These variables say what it does.
const (
	childSource = "TALLOW_DISK_TEST_SOURCE" // the path that is sent
	childDest   = "TALLOW_DISK_TEST_DEST"   // the folder that receives it
	childBlocks = "TALLOW_DISK_TEST_BLOCKS" // after how many blocks it waits to be killed
)

// childSealed is the blob that the child remembers.
const childSealed = "sealed by the child"

// child receives that many blocks, reports it and waits.
func child() int {
	ctx := context.Background()
	src, err := source.NewPaths(ctx, []string{os.Getenv(childSource)}, source.Options{})
	if err != nil {
		return complain(err)
	}
	dst, err := destination.NewFolder(ctx, os.Getenv(childDest), destination.Options{})
	if err != nil {
		return complain(err)
	}
	left, err := strconv.Atoi(os.Getenv(childBlocks))
	if err != nil {
		return complain(err)
	}
	d := &delivery{src: src, dst: dst, batch: 4, stop: func() bool {
		if left--; left == 0 {
			if err := dst.Remember([]byte(childSealed)); err != nil {
				complain(err)
			}
			fmt.Println("ready")
			_, _ = os.Stdin.Read(make([]byte, 1)) // until it is killed
		}
		return false
	}}
	return complain(d.run(ctx), "it ended before it was killed")
}

func complain(what ...any) int {
	fmt.Println(what...)
	return 2
}

// killed runs a child and kills it after that many blocks.
func killed(t *testing.T, src, dest string, blocks int) {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	c := exec.CommandContext(t.Context(), exe)
	c.Env = append(os.Environ(), childSource+"="+src, childDest+"="+dest, childBlocks+"="+strconv.Itoa(blocks))
	hold, err := c.StdinPipe()
	must(t, err)
	defer hold.Close()
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	line, _ := bufio.NewReader(out).ReadString('\n')
	must(t, c.Process.Kill())
	if err := c.Wait(); line != "ready\n" {
		t.Fatalf("the child said %q and ended with %v", line, err)
	}
}
