package chaos

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/tutti-live/tutti/infra/process"
)

// foundingLines is how many lines a room is made with.
const foundingLines = 5

// roomTTL is how long a room lives, which is the default, and ttlFloor what is
// always left of it while somebody is there.
const (
	roomTTL  = 7200 * time.Second
	ttlFloor = 7000 * time.Second
)

// world is one Tutti with people in one of its rooms.
type world struct {
	timeline

	programs process.Programs
	form     form
	fault    fault
	seed     uint64
	random   *rand.Rand // of the strikes
	dir      string

	transcripts string // folder of transcripts; "": none are written

	primary   *redisServer   // the one that counts; changed between strikes only
	servers   []*redisServer // all there were
	api       *process.Process
	apiLink   *proxy
	places    []*place
	room      string
	journal   *journal
	visits    visits
	sampler   *sampler
	people    []*person
	yjsPeople []*yjsPerson
	everybody sync.WaitGroup // of people and the sampler
	readers   sync.WaitGroup // of connections
	goHome    context.CancelFunc
	joined    time.Time // when it was last tried to join anew
	pairs     int       // that there were

	keys    sync.RWMutex // held by whoever types
	mayType bool         // guarded by keys

	mu     sync.Mutex
	wrongs []string // what people found wrong
}

// newWorld starts the processes and lets people in. They do not type yet.
func newWorld(ctx context.Context, f fault, form form, opts Options) (*world, error) {
	w := &world{
		timeline: timeline{start: time.Now()},
		programs: opts.Programs, form: form, fault: f, seed: opts.Seed,
		random: newRandom(opts.Seed, f.id), journal: newJournal(), transcripts: opts.Transcripts,
	}
	if err := w.open(ctx, opts.Dir); err != nil {
		w.goHome()
		return nil, errors.Join(err, w.shut())
	}
	return w, nil
}

func (w *world) open(ctx context.Context, dir string) error {
	staying, goHome := context.WithCancel(ctx)
	w.goHome = goHome
	var err error
	if w.dir, err = os.MkdirTemp(dir, w.fault.id+"-"); err != nil {
		return err
	}
	if w.primary, err = w.newServer(ctx); err != nil {
		return err
	}
	if err := w.startAPI(ctx); err != nil {
		return err
	}
	for i := range w.form.relays {
		place, err := w.newPlace(ctx, i)
		if err != nil {
			return err
		}
		w.places = append(w.places, place)
	}
	if err := w.makeRooms(ctx); err != nil {
		return err
	}
	w.sampler = newSampler(w)
	w.everybody.Go(func() { w.sampler.run(staying) })
	w.people = w.newPeople()
	for _, p := range w.people {
		w.everybody.Go(func() { p.run(staying) })
	}
	w.yjsPeople = w.newYjsPeople(staying)
	for _, p := range w.yjsPeople {
		w.everybody.Go(func() { p.run(staying) })
	}
	return until(ctx, process.StartLimit, w.absent)
}

// newServer starts a Redis that ends with the world.
func (w *world) newServer(ctx context.Context) (*redisServer, error) {
	server, err := newRedis(ctx, w.dir)
	if err == nil {
		w.servers = append(w.servers, server)
	}
	return server, err
}

func (w *world) startAPI(ctx context.Context) error {
	var err error
	if w.apiLink, err = newProxy(ctx, w.primary.addr, false, newRandom(w.seed, "link of functions")); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, w.programs.Functions) //nolint:gosec // it was just built
	cmd.Dir = w.dir
	cmd.Env = append(cmd.Environ(), "PORT=0", "REDIS_URL=redis://"+w.apiLink.addr)
	w.api, err = process.Start(ctx, "functions", cmd, process.SaysListening)
	return err
}

// makeRooms makes a room as a frontend does, and one that nobody comes to: its
// keys must go by themselves.
func (w *world) makeRooms(ctx context.Context) error {
	var founding []marker
	var text strings.Builder
	for i := range foundingLines {
		m := marker{0, i}
		founding = append(founding, m)
		text.WriteString(m.line())
	}
	body, err := json.Marshal(map[string]string{"code": text.String()})
	if err != nil {
		return err
	}
	var made struct {
		ID string `json:"room_id"`
	}
	if err := w.ask(ctx, http.MethodPost, "/rooms", body, &made); err != nil {
		return err
	}
	w.room = made.ID
	w.journal.founded(founding)
	return w.ask(ctx, http.MethodPost, "/rooms", nil, &made)
}

// ask calls the functions.
func (w *world) ask(ctx context.Context, method, path string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, connectLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+w.api.Addr+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Close = true // nothing is to be left of it
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	err = json.NewDecoder(response.Body).Decode(answer)
	if response.StatusCode >= http.StatusBadRequest {
		err = fmt.Errorf("%s %s answered %s", method, path, response.Status)
	}
	return errors.Join(err, response.Body.Close())
}

// key is one of the room's keys in Redis.
func (w *world) key(name string) string { return "room:" + w.room + ":" + name }

// keyNames are all keys that a room has.
var keyNames = []string{"log", "seen", "presence", "code", "users", "cursors"}

// absent says who is not connected.
func (w *world) absent() string {
	for _, p := range w.people {
		if c := p.client(); c == nil || !c.isOpen() {
			return p.label + " is there"
		}
	}
	for _, p := range w.yjsPeople {
		if !p.client.IsHere() {
			return p.label + " is there"
		}
	}
	return ""
}

// letType lets people type.
func (w *world) letType() {
	w.keys.Lock()
	defer w.keys.Unlock()
	w.mayType = true
}

// quiet makes everybody stop typing, and returns when what was held back is sent.
func (w *world) quiet(ctx context.Context) error {
	w.keys.Lock()
	w.mayType = false
	w.keys.Unlock()
	return until(ctx, connectLimit, func() string {
		for _, p := range w.people {
			if p.holdsBack.Load() {
				return p.label + " has sent what was typed"
			}
		}
		return ""
	})
}

// wrong notes something that must not happen to people.
func (w *world) wrong(format string, args ...any) {
	w.note(format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wrongs = append(w.wrongs, fmt.Sprintf(format, args...))
}

// close sends everybody home and ends all processes, which must do so in time.
func (w *world) close(result *Result) {
	w.goHome()
	w.everybody.Wait()
	if err := w.shut(); err != nil {
		result.problem("stopping: %v", err)
	}
}

func (w *world) shut() error {
	var stopping sync.WaitGroup
	errs := make([]error, len(w.places))
	for i, p := range w.places {
		stopping.Go(func() { errs[i] = p.close() })
	}
	stopping.Wait()
	w.everybody.Wait()
	w.readers.Wait() // their relays are gone
	if w.api != nil {
		_, err := w.api.Stop()
		errs = append(errs, err)
	}
	if w.apiLink != nil {
		errs = append(errs, w.apiLink.close())
	}
	for _, s := range w.servers {
		errs = append(errs, s.close())
	}
	return errors.Join(append(errs, os.RemoveAll(w.dir))...)
}
