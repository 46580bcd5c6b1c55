package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const tscTimeout = 2 * time.Minute

// checkScripts checks the types of all scripts, in one run of tsc for each language if they are good: TypeScript
// strictly; JavaScript, which cannot say its types, without the checks that ask for them.
func (r *runner) checkScripts(ctx context.Context, tasks []*task) error {
	if len(tasks) == 0 {
		return nil
	}
	tsc := filepath.Join(r.root, "web", "node_modules", ".bin", "tsc")
	if missing := lacks(tsc); missing != "" {
		r.report.skip(tasks, missing)
		return nil
	}
	byTask := map[*task][]*source{}
	names := map[string][]string{}
	dir := filepath.Join(r.scratch, "web")
	for _, t := range tasks {
		sources, err := r.scriptSources(t)
		if err != nil {
			r.report.failTask(t, err.Error(), "")
			continue
		}
		for _, s := range sources {
			if err := s.write(dir); err != nil {
				return err
			}
			names[filepath.Ext(s.name)] = append(names[filepath.Ext(s.name)], s.name)
		}
		byTask[t] = sources
	}
	said := map[string]string{} // by source
	for _, extension := range []string{".ts", ".js"} {
		// One script that cannot be parsed, and tsc does not look at the types of the others: so those that something
		// is against are left out until there is nothing against the rest.
		for rest := names[extension]; len(rest) > 0; {
			found, err := r.tsc(ctx, tsc, dir, extension, rest)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				break
			}
			maps.Copy(said, found)
			rest = slices.DeleteFunc(rest, func(name string) bool { return found[name] != "" })
		}
	}
	for _, t := range tasks {
		sources, ok := byTask[t]
		if !ok {
			continue
		}
		output := ""
		for _, s := range sources {
			output += said[s.name]
		}
		if output != "" {
			r.report.failTask(t, "tsc does not like the script", output)
			continue
		}
		r.report.pass(t, stateChecked)
	}
	return nil
}

// lacks says what is not there that tsc needs.
func lacks(tsc string) string {
	if _, err := exec.LookPath("node"); err != nil {
		return "node is not there"
	}
	if _, err := os.Stat(tsc); err != nil {
		return "web/node_modules is not there (npm ci in web)"
	}
	return ""
}

func (r *runner) scriptSources(t *task) ([]*source, error) {
	if t.kind == kindHTML {
		return r.sources.scripts(t.first())
	}
	return r.sources.weave(r.root, t)
}

// tsc checks sources, and returns what is against each of them.
func (r *runner) tsc(ctx context.Context, tsc, dir, extension string, names []string) (map[string]string, error) {
	client := filepath.Join(r.root, "web", "dist", "client.d.ts")
	options := map[string]any{
		"target": "ES2022", "module": "ESNext", "moduleResolution": "Bundler", "moduleDetection": "force",
		"lib":   []string{"ES2023", "ESNext.Disposable", "DOM", "DOM.Iterable"},
		"types": []string{}, "noEmit": true, "skipLibCheck": true, "strict": true,
		// A browser gets the client from the host, a bundler from the package.
		"paths": map[string][]string{"/__rpc/client.js": {client}, "@millrace/client": {client}},
	}
	if extension == ".js" {
		options["allowJs"], options["checkJs"] = true, true
		options["noImplicitAny"], options["strictNullChecks"] = false, false
	}
	config, err := json.Marshal(map[string]any{"compilerOptions": options, "files": names})
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "tsconfig"+extension+".json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return nil, err
	}
	ran := command{dir: dir, timeout: tscTimeout, args: []string{tsc, "--pretty", "false", "-p", file}}.do(ctx)
	if ran.err == nil {
		return nil, nil
	}
	found := map[string]string{}
	current := ""
	for line := range strings.Lines(ran.all()) {
		// What is indented explains the line before.
		s := r.sources.mentioned(line)
		if s != nil && slices.Contains(names, s.name) && !strings.HasPrefix(line, " ") {
			current = s.name
		}
		if current != "" {
			found[current] += r.sources.remap(line)
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("tsc: %w\n%s", ran.err, ran.all())
	}
	return found, nil
}
