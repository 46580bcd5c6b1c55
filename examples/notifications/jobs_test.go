package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/millrace/millrace/core"
)

// progress is what a window hears of a job from its beginning to a percentage.
func progress(job, kindName string, to int) (texts []string) {
	for percent := 0; percent <= to; percent += 2 {
		texts = append(texts, fmt.Sprintf("%s %s %d%% %s", job, kindName, percent, kinds[kindName].stageAt(percent)))
	}
	return texts
}

func (o *office) equal(what string, got, want []string) {
	o.t.Helper()
	if !slices.Equal(got, want) {
		o.t.Errorf("%s: heard\n%s\nwant\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Progress goes from 0 to 100 and then the call returns; both windows of the user hear it, and
// nobody else does.
func TestStart_ProgressThenResult(t *testing.T) {
	bubble(t, func(o *office) {
		ann, annToo, bob := o.window("ann"), o.window("ann"), o.window("bob")
		began := time.Now()
		got := <-ann.start(o.t.Context(), "report")
		if want := (Result{true, "job-1", "The report has 12 pages and 4 charts."}); got.err != nil || got.result != want {
			o.t.Errorf("start = %+v, %v, want %+v", got.result, got.err, want)
		}
		if took := time.Since(began); took != kinds["report"].takes {
			o.t.Errorf("it took %v", took)
		}
		want := append(progress("job-1", "report", 100), "job-1 done: The report has 12 pages and 4 charts.")
		o.equal("ann", ann.all(), want)
		o.equal("ann's other window", annToo.all(), want)
		o.equal("bob", bob.all(), nil)
		if want[0] != "job-1 report 0% Reading figures" || want[30] != "job-1 report 60% Adding up" || want[50] != "job-1 report 100% Drawing charts" {
			o.t.Errorf("the stages are %q, %q, %q", want[0], want[30], want[50])
		}
	})
}

// A job keeps no other call waiting, and jobs run beside each other.
func TestStart_BesideOthers(t *testing.T) {
	bubble(t, func(o *office) {
		ann := o.window("ann")
		began := time.Now()
		backup := ann.start(o.t.Context(), "backup", "my backup")
		report := ann.start(o.t.Context(), "report", "my report")
		time.Sleep(time.Second)
		if users, err := core.Call[[]string](o.t.Context(), ann.client, "users"); err != nil || !slices.Equal(users, []string{"ann"}) {
			o.t.Errorf("users = %q, %v", users, err)
		}
		if took := time.Since(began); took != time.Second {
			o.t.Errorf("while jobs run, another call took %v", took-time.Second)
		}
		if got := <-report; got.err != nil || got.result.Job != "my report" || time.Since(began) != kinds["report"].takes {
			o.t.Errorf("the report = %+v after %v", got, time.Since(began))
		}
		if got := <-backup; got.err != nil || got.result.Job != "my backup" || time.Since(began) != kinds["backup"].takes {
			o.t.Errorf("the backup = %+v after %v", got, time.Since(began))
		}
	})
}

func TestStart_JobThatFails(t *testing.T) {
	bubble(t, func(o *office) {
		ann := o.window("ann")
		got := <-ann.start(o.t.Context(), "import")
		if codeOf(got.err) != codeFailed || !strings.Contains(got.err.Error(), "Row 843 has no date") {
			o.t.Errorf("start = %+v, %v", got.result, got.err)
		}
		o.equal("ann", ann.all(), append(progress("job-1", "import", 70), "job-1 failed: Row 843 has no date, so nothing was imported."))
	})
}

// A job is cancelled by its id, from any window of its user; another user's cancel does not reach it.
func TestCancel(t *testing.T) {
	bubble(t, func(o *office) {
		ann, annToo, bob := o.window("ann"), o.window("ann"), o.window("bob")
		done := ann.start(o.t.Context(), "backup", "b")
		time.Sleep(kinds["backup"].takes/10 + time.Millisecond)
		for _, tt := range []struct {
			name string
			from *window
			job  string
			want bool
		}{{"of-another", bob, "b", false}, {"unknown", ann, "x", false}, {"own", annToo, "b", true}} {
			if got, err := core.Call[Canceled](o.t.Context(), tt.from.client, "cancel", tt.job); err != nil || got.Canceled != tt.want {
				o.t.Errorf("%s: cancel = %+v, %v, want %t", tt.name, got, err, tt.want)
			}
		}
		if got := <-done; codeOf(got.err) != codeCanceled || !strings.Contains(got.err.Error(), "The job was canceled.") {
			o.t.Errorf("start = %+v, %v", got.result, got.err)
		}
		want := append(progress("b", "backup", 10), "b canceled: The job was canceled.")
		o.equal("ann", ann.all(), want)
		o.equal("ann's other window", annToo.all(), want)
		if got, err := core.Call[Canceled](o.t.Context(), ann.client, "cancel", "b"); err != nil || got.Canceled {
			o.t.Errorf("cancel of what has ended = %+v, %v", got, err)
		}
	})
}

// A window that comes later learns how far the jobs of its user are.
func TestRunning(t *testing.T) {
	bubble(t, func(o *office) {
		ann, bob := o.window("ann"), o.window("bob")
		report := ann.start(o.t.Context(), "report", "r")
		backup := ann.start(o.t.Context(), "backup", "b")
		time.Sleep(2*time.Second + time.Millisecond)
		annToo := o.window("ann")
		running := func(w *window, want ...Progress) {
			t.Helper()
			if got, err := core.Call[[]Progress](o.t.Context(), w.client, "running"); err != nil || !slices.Equal(got, want) {
				t.Errorf("running = %+v, %v, want %+v", got, err, want)
			}
		}
		running(annToo, Progress{"progress", "b", "backup", 20, "Packing"}, Progress{"progress", "r", "report", 40, "Adding up"})
		running(bob)
		<-report
		running(ann, Progress{"progress", "b", "backup", 50, "Packing"})
		<-backup
		running(ann)
	})
}

// A job ends when its call is given up, and when its connection is lost; the user's other
// windows hear of it.
func TestStart_GivenUp(t *testing.T) {
	for _, tt := range []struct {
		name   string
		giveUp func(w *window, cancel context.CancelFunc)
		code   core.Code
	}{
		{"canceled", func(_ *window, cancel context.CancelFunc) { cancel() }, ""},
		{"closed", func(w *window, _ context.CancelFunc) { _ = w.client.Close() }, core.CodeClosed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(o *office) {
				ann, annToo := o.window("ann"), o.window("ann")
				ctx, cancel := context.WithCancel(o.t.Context())
				defer cancel()
				done := ann.start(ctx, "backup", "b")
				time.Sleep(kinds["backup"].takes/10 + time.Millisecond)
				tt.giveUp(ann, cancel)
				got := <-done
				if tt.code == "" && got.err == nil || tt.code != "" && core.CodeOf(got.err) != tt.code {
					o.t.Errorf("start = %+v, %v", got.result, got.err)
				}
				o.equal("the other window", annToo.all(), append(progress("b", "backup", 10),
					"b canceled: Whoever started the job gave it up, or lost the connection."))
			})
		})
	}
}

// A job that does not end within the deadline of its call has failed.
func TestStart_TooLong(t *testing.T) {
	bubble(t, func(o *office) {
		ann := o.window("ann")
		ctx, cancel := context.WithTimeout(o.t.Context(), 3*time.Second)
		defer cancel()
		if got := <-ann.start(ctx, "backup", "b"); got.err == nil {
			o.t.Errorf("start = %+v", got.result)
		}
		time.Sleep(time.Second)
		if texts := ann.all(); len(texts) == 0 || texts[len(texts)-1] != "b failed: The job took too long." {
			o.t.Errorf("heard %q", texts)
		}
	})
}

func TestStart_Bounds(t *testing.T) {
	bubble(t, func(o *office) {
		ann, bob := o.window("ann"), o.window("bob")
		ctx, cancel := context.WithCancel(o.t.Context())
		defer cancel()
		var running []chan outcome[Result]
		for i := range maxJobs {
			running = append(running, ann.start(ctx, "backup", fmt.Sprintf("job-%d", i+1)))
		}
		time.Sleep(time.Second)
		if got := <-ann.start(ctx, "backup", "one more"); codeOf(got.err) != codeTooMany {
			o.t.Errorf("one job too many: %v", got.err)
		}
		if got := <-bob.start(ctx, "report"); got.err != nil || got.result.Job != "job-1" {
			o.t.Errorf("a job of another user = %+v, %v", got.result, got.err)
		}
		// Ids that were chosen and those that are given do not clash.
		if _, err := core.Call[Canceled](ctx, ann.client, "cancel", "job-5"); err != nil {
			o.t.Error(err)
		}
		<-running[4]
		given := ann.start(ctx, "report")
		time.Sleep(time.Second)
		if got := <-ann.start(ctx, "report", "job-2"); codeOf(got.err) != codeBadJob {
			o.t.Errorf("an id twice: %v", got.err)
		}
		if got := <-given; got.err != nil || got.result.Job != "job-5" {
			o.t.Errorf("a job without an id = %+v, %v", got.result, got.err)
		}
		for i, done := range running[:4] {
			if got := <-done; got.err != nil {
				o.t.Errorf("job %d: %v", i+1, got.err)
			}
		}
		if got := <-ann.start(ctx, "report", "again"); got.err != nil {
			o.t.Errorf("after all: %v", got.err)
		}
	})
}

// Nothing that a client says makes a method panic, or run.
func TestBadInput(t *testing.T) {
	bubble(t, func(o *office) {
		ann, nobody := o.window("ann"), o.window("")
		for _, tt := range []struct {
			name   string
			from   *window
			method string
			args   []any
			code   string // of a thrown error, or of one that the server reports
		}{
			{"unknown-kind", ann, "start", []any{"nonsense"}, codeUnknownKind},
			{"long-kind", ann, "start", []any{strings.Repeat("x", 100_000)}, codeUnknownKind},
			{"no-kind", ann, "start", []any{""}, codeUnknownKind},
			{"no-argument", ann, "start", nil, string(core.CodeBadArguments)},
			{"kind-of-another-type", ann, "start", []any{map[string]any{"a": 1}}, string(core.CodeBadArguments)},
			{"empty-id", ann, "start", []any{"report", ""}, codeBadJob},
			{"long-id", ann, "start", []any{"report", strings.Repeat("x", maxJobID+1)}, codeBadJob},
			{"unprintable-id", ann, "start", []any{"report", "a\nb"}, codeBadJob},
			{"start-by-nobody", nobody, "start", []any{"report"}, codeNoClientID},
			{"cancel-by-nobody", nobody, "cancel", []any{"x"}, codeNoClientID},
			{"running-of-nobody", nobody, "running", nil, codeNoClientID},
			{"cancel-of-another-type", ann, "cancel", []any{[]any{1}}, string(core.CodeBadArguments)},
			{"notify-by-nobody", nobody, "notify", []any{"ann", "x"}, codeNoClientID},
			{"empty-text", ann, "notify", []any{"ann", ""}, codeBadText},
			{"blank-text", ann, "notify", []any{"ann", " \n\t"}, codeBadText},
			{"over-long-text", ann, "notify", []any{"ann", strings.Repeat("ä", maxText+1)}, codeBadText},
			{"no-user", ann, "notify", []any{"", "x"}, codeBadUser},
			{"over-long-user", ann, "notify", []any{strings.Repeat("x", maxUser+1), "x"}, codeBadUser},
			{"unprintable-user", ann, "notify", []any{"a\x00", "x"}, codeBadUser},
			{"user-that-is-no-text", ann, "notify", []any{"a\xed\xa0\x80", "x"}, codeBadUser},
			{"begin-is-not-reachable", ann, "begin", []any{"ann"}, string(core.CodeUnknownMember)},
		} {
			_, err := tt.from.client.Call(tt.method, tt.args...).Await(o.t.Context())
			if string(core.CodeOf(err)) != tt.code && codeOf(err) != tt.code {
				o.t.Errorf("%s: %v, want the code %s", tt.name, err, tt.code)
			}
		}
		o.equal("ann", ann.all(), nil)
	})
}
