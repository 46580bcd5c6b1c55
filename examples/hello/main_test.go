package main

import (
	"os"
	"strings"
	"testing"
)

func Example() {
	main()
	// Output:
	// posts: 1
	// heard: Hello!
}

// TestReadmeShowsThisProgram: what the README prints is this program, from its imports on.
func TestReadmeShowsThisProgram(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, found := strings.Cut(string(program), "package main\n")
	if !found || !strings.Contains(string(readme), "```go\npackage main\n"+code+"```\n") {
		t.Error("README.md does not hold examples/hello/main.go")
	}
}
