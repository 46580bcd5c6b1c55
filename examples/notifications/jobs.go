package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/millrace/millrace/core"
)

// binding is where the object is; every instance name is one, with users and jobs of its own.
const binding = "JOBS"

const (
	maxJobs  = 5  // of one user, running at a time
	maxJobID = 64 // bytes
)

// Jobs runs jobs for its users and passes notes between them. Its calls run at the same time, so what
// they share has a lock.
type Jobs struct {
	state *core.State

	mu      sync.Mutex                  // guards what follows
	last    int                         // number of the last job that got its id here
	running map[string]map[string]*live // by user and job
}

// live is a job that runs.
type live struct {
	cancel context.CancelCauseFunc
	latest Progress
}

func newJobs(st *core.State) (any, error) {
	return &Jobs{state: st, running: map[string]map[string]*live{}}, nil
}

// Progress is sent to all windows of a job's user while it runs, from 0 to 100 percent.
type Progress struct {
	Type    string `millrace:"type"` // "progress"
	Job     string `millrace:"job"`
	Kind    string `millrace:"kind"`
	Percent int    `millrace:"percent"`
	Stage   string `millrace:"stage"`
}

// Ended is sent to all windows of a job's user when it does not run any more: the answer of
// the call reaches the one that started it alone.
type Ended struct {
	Type    string `millrace:"type"` // "ended"
	Job     string `millrace:"job"`
	Outcome string `millrace:"outcome"` // "done", "failed" or "canceled"
	Text    string `millrace:"text"`
}

// Result is what a job that succeeded returns.
type Result struct {
	Success bool   `millrace:"success"`
	Job     string `millrace:"job"`
	Result  string `millrace:"result"`
}

// Canceled is what [Jobs.Cancel] returns.
type Canceled struct {
	Canceled bool `millrace:"canceled"` // false: no such job was running
}

// errCanceled is why a job ends whose user called Cancel.
var errCanceled = errors.New("canceled")

// Start runs a job to its end and returns its result. The job's id is up to the caller, so that he can
// tell its messages from others before the call returns; without one it gets "job-1" and so on.
//
// The job is the call: when the caller gives it up, or loses the connection, ctx ends and the job with it. A
// job that must go on works in a goroutine of the program's own, and a method that returns at
// once begins it.
func (j *Jobs) Start(ctx context.Context, kindName string, id ...string) (Result, error) {
	user, err := caller(ctx)
	if err != nil {
		return Result{}, err
	}
	k, ok := kinds[kindName]
	if !ok {
		return Result{}, refuse(codeUnknownKind, "there are no jobs of the kind %q: there are %s", cut(kindName), kindNames())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	job, err := j.begin(user, kindName, id, cancel)
	if err != nil {
		return Result{}, err
	}
	defer j.end(user, job)

	err = k.run(ctx, func(percent int) error {
		p := Progress{"progress", job, kindName, percent, k.stageAt(percent)}
		j.note(user, p)
		return j.tell(ctx, user, p)
	})
	last := Ended{"ended", job, "done", k.result}
	if err != nil {
		last.Outcome, err = whyEnded(ctx, err)
		last.Text = sentence(err)
	}
	// Sent before the call is answered, and so heard before.
	if lost := j.tell(ctx, user, last); err == nil {
		err = lost
	}
	if err != nil {
		return Result{}, err
	}
	return Result{true, job, k.result}, nil
}

// Cancel ends a running job of the caller. The call of Start ends with an error then.
func (j *Jobs) Cancel(ctx context.Context, job string) (Canceled, error) {
	user, err := caller(ctx)
	if err != nil {
		return Canceled{}, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	r, ok := j.running[user][job]
	if ok {
		r.cancel(errCanceled)
	}
	return Canceled{ok}, nil
}

// Running returns how far the caller's jobs are, in the order of their ids: for windows that were just
// opened, or were away and missed who knows what. It is the state, and not what led to it, that they need.
func (j *Jobs) Running(ctx context.Context) ([]Progress, error) {
	user, err := caller(ctx)
	if err != nil {
		return nil, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	jobs := []Progress{}
	for _, id := range slices.Sorted(maps.Keys(j.running[user])) {
		jobs = append(jobs, j.running[user][id].latest)
	}
	return jobs, nil
}

// begin notes a job that runs from now on.
func (j *Jobs) begin(user, kindName string, id []string, cancel context.CancelCauseFunc) (string, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	job := ""
	if len(id) > 0 {
		job = id[0]
	} else {
		job = j.freeID(user)
	}
	_, runs := j.running[user][job]
	switch {
	case !printable(job, maxJobID):
		return "", refuse(codeBadJob, "the id of a job is 1 to %d bytes that can be shown", maxJobID)
	case runs:
		return "", refuse(codeBadJob, "a job with the id %q is running", job)
	case len(j.running[user]) >= maxJobs:
		return "", refuse(codeTooMany, "%d of your jobs are running: wait for one, or cancel one", maxJobs)
	case j.running[user] == nil:
		j.running[user] = map[string]*live{}
	}
	j.running[user][job] = &live{cancel, Progress{"progress", job, kindName, 0, kinds[kindName].stageAt(0)}}
	return job, nil
}

// note keeps how far a running job is.
func (j *Jobs) note(user string, p Progress) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.running[user][p.Job].latest = p
}

// freeID makes an id that no running job of the user has. The caller has j.mu.
func (j *Jobs) freeID(user string) string {
	for {
		j.last++
		id := fmt.Sprint("job-", j.last)
		if _, runs := j.running[user][id]; !runs {
			return id
		}
	}
}

func (j *Jobs) end(user, job string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.running[user], job)
	if len(j.running[user]) == 0 {
		delete(j.running, user)
	}
}

// tell sends to the windows that the user has open now. That there are none is no error: the
// job goes on.
func (j *Jobs) tell(ctx context.Context, user string, message any) error {
	_, err := core.SendDownstream(ctx, j.state, []string{user}, message)
	return err
}

// whyEnded is the outcome of a job that ended with err, and what to tell people in its place when it
// was ended from outside.
func whyEnded(ctx context.Context, err error) (string, error) {
	switch {
	case ctx.Err() == nil:
		return "failed", err
	case errors.Is(context.Cause(ctx), errCanceled):
		return "canceled", refuse(codeCanceled, "The job was canceled.")
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return "failed", refuse(codeTooLong, "The job took too long.")
	}
	return "canceled", refuse(codeCanceled, "Whoever started the job gave it up, or lost the connection.")
}
