//go:build linux && !race

package msgpackcodec_test

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/millrace/millrace/codecs/msgpackcodec"
	"github.com/millrace/millrace/core/clone"
	"github.com/millrace/millrace/core/fault"
)

// room is what a child of TestParse_Memory may map in addition to what the runtime has mapped.
const room = 512 << 20

// roleVariable tells a child what it is for.
const roleVariable = "MSGPACKCODEC_TEST_ROLE"

// TestParse_Memory: a process that may not grow lives through the whole corpus, and stays small; the library's own
// decoder does not, which shows that the bound holds.
func TestParse_Memory(t *testing.T) {
	switch os.Getenv(roleVariable) {
	case "codec":
		bounded(t)
		decodeCorpus(t)
		return
	case "library":
		bounded(t)
		//nolint:forbidigo // what must not be done: this child is there to die of it
		_, err := msgpack.NewDecoder(bytes.NewReader(unhex(t, "dd10000000"))).DecodeInterface()
		t.Fatalf("4 GiB fit: %v", err)
	}
	if out, err := child(t, "codec"); err != nil {
		t.Errorf("the child ended with %v:\n%s", err, out)
	}
	if out, err := child(t, "library"); err == nil || !strings.Contains(out, "out of memory") {
		t.Errorf("the library's decoder, under the same bound, ended with %v:\n%.2000s\nwant it out of memory", err, out)
	}
}

// child runs the test alone in a process of its own.
func child(t *testing.T, role string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestParse_Memory$", "-test.v")
	cmd.Env = append(os.Environ(), roleVariable+"="+role, "GORACE=", "GOCOVERDIR="+t.TempDir())
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func bounded(t *testing.T) {
	t.Helper()
	most := uint64(status(t, "VmSize:"))<<10 + room
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: most, Max: most}); err != nil {
		t.Fatal(err)
	}
}

// decodeCorpus decodes what claims and nests most, many times over.
func decodeCorpus(t *testing.T) {
	t.Helper()
	c := msgpackcodec.New()
	corpus := [][]byte{}
	for _, h := range hostiles() {
		corpus = append(corpus, unhex(t, strings.ReplaceAll(h.wire, " ", "")))
	}
	// Claims within containers within containers, so that each level could allocate.
	for _, claim := range []string{"dd000fff00", "df0007ff00", "dc7fff", "de3fff", "dd000fff00d40201", "dd000fff00d40202", "dd000fff00d40207"} {
		wire := unhex(t, strings.ReplaceAll(plain, " ", "")+strings.Repeat(claim, 200))
		corpus = append(corpus, append(wire, make([]byte, 1<<20-len(wire))...))
	}
	before := resident(t)
	for range 5 {
		for _, wire := range corpus {
			if d, err := c.Parse(wire, clone.ParseOptions{}); err == nil {
				t.Errorf("Parse(%.40x) = %v, want an error", wire, d.Root().Kind())
			} else if code := fault.CodeOf(err); code != fault.CodeMalformed && code != fault.CodeLimit {
				t.Errorf("Parse(%.40x) = %v, want code malformed or limit", wire, err)
			}
		}
	}
	const most = 64 << 10
	if peak := resident(t); peak-before > most {
		t.Errorf("the process grew by %d KiB to %d, want at most %d", peak-before, peak, most)
	}
	// Without limits depth takes memory in proportion to the message, and no stack.
	none := fault.Limits{MessageBytes: fault.NoLimit, ValueDepth: fault.NoLimit, ValueNodes: fault.NoLimit}
	wire := append(unhex(t, "d44d10"), bytes.Repeat([]byte{0x91}, 1<<19)...)
	if _, err := c.Parse(wire, clone.ParseOptions{Limits: none}); fault.CodeOf(err) != fault.CodeMalformed {
		t.Errorf("Parse of 512 KiB of 0x91 without limits = %v, want code malformed", err)
	}
}

// resident is the most memory that the process has had, in KiB.
func resident(t *testing.T) int {
	t.Helper()
	return status(t, "VmHWM:")
}

// status is what the kernel says of the process, in KiB.
func status(t *testing.T, what string) int {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, line, _ := strings.Cut(string(text), what)
	line, _, _ = strings.Cut(line, "kB")
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}
