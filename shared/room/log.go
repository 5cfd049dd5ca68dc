package room

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/apierr"
	"github.com/tutti-live/tutti/shared/crdt"
)

const (
	// createAttempts bounds the search for an id that is not taken. With six
	// digits and a million rooms, ten tries fail once in 10^12 times.
	createAttempts = 10

	// returnWait is how long Exists waits for a relay to put a lost room back,
	// and returnPoll how often it looks: a relay that is alive does it at once.
	returnWait = 1 * time.Second
	returnPoll = 50 * time.Millisecond
)

// Create makes a room with a new id, whose document has this text. No two
// callers ever get the same id. It fails with an Unavailable error when
// createAttempts ids are all taken.
func (s *Store) Create(ctx context.Context, text, language string) (id string, err error) {
	document := documentOf(text, s.textName, crdt.NewDoc())
	snapshot := Snapshot{Document: document, Meta: Meta{Language: cmp.Or(language, DefaultLanguage)}}
	for range createAttempts {
		id := s.newID()
		err := s.runSeed(ctx, id, snapshot, &text)
		switch {
		case errors.Is(err, errTaken):
		case err != nil:
			return "", err
		default:
			return id, nil
		}
	}
	return "", apierr.New(apierr.Unavailable,
		"no free room id was found in %d attempts; try again, or have ROOM_CODE_LENGTH raised", createAttempts).After(retryAfter)
}

// documentOf returns the update that puts a text into an empty document.
func documentOf(text, name string, doc *crdt.Doc) []byte {
	if err := doc.Text(name).Insert(0, text); err != nil { // an empty document takes any text at 0
		panic(err)
	}
	return doc.EncodeStateAsUpdate(nil)
}

// errTaken says that there is a room with the id already.
var errTaken = errors.New("room: the id is taken")

// Seed puts back a room that Redis lost, under a new epoch. Of several who try
// the first wins; made tells whether it was this call. Those who lose load the
// room and append what it lacks.
func (s *Store) Seed(ctx context.Context, id string, snapshot Snapshot) (made bool, err error) {
	err = s.runSeed(ctx, id, snapshot, nil)
	if errors.Is(err, errTaken) {
		return false, nil
	}
	return err == nil, err
}

// runSeed makes a log. With a text it makes a new room, which also must not
// have its text only, and writes the view of it.
func (s *Store) runSeed(ctx context.Context, id string, snapshot Snapshot, text *string) error {
	args := []any{newEpoch(), randomHex(16), snapshot.Document, EncodeMeta(snapshot.Meta)}
	if text != nil {
		args = append(args, *text)
	}
	reply, err := s.run(ctx, s.seed, id, args...)
	if err == nil && reply == "" {
		err = errTaken
	}
	return err
}

// Clients whose ids are from adoptedClients to twice that have written one
// thing: the text of a room that was adopted. Yjs draws ids of 32 bits, so
// nobody else has one.
const adoptedClients = 1 << 32

// IsAdopted reports whether what this client wrote in a document is a text that
// was adopted from a room's code.
func IsAdopted(client uint64) bool { return client >= adoptedClients && client < 2*adoptedClients }

// Adopt gives a log to a room that has only its code: rooms of the first
// service are like that. It fails with ErrNotFound when there is no code.
//
// A room whose log alone Redis lost looks the same, and its document may still
// live in a relay, which then finds the text twice: as its own, and as adopted.
// So what is adopted is written by a client that can be told (IsAdopted), and
// that relay deletes it.
func (s *Store) Adopt(ctx context.Context, id string) error {
	if !ValidID(id) {
		return ErrNotFound
	}
	text, err := ask(ctx, s, id, func(ctx context.Context) (string, error) {
		return s.redis.Get(ctx, s.keys(id).code).Result()
	})
	switch {
	case errors.Is(err, redis.Nil):
		return ErrNotFound
	case redis.HasErrorPrefix(err, "WRONGTYPE"): // not a text: as in run
		if _, err := s.run(ctx, s.mend, id); err != nil {
			return err
		}
		return ErrNotFound
	case err != nil:
		return err
	}
	adopter := crdt.NewDoc(crdt.WithClientID(adoptedClients + uint64(rand.Uint32()))) //nolint:gosec // unique, not secret
	_, err = s.Seed(ctx, id, Snapshot{Document: documentOf(NormalizeText(text), s.textName, adopter)})
	return err
}

// Exists reports whether there is a room with this id. A room that Redis lost
// and a relay still holds counts: the relay is asked to put it back.
func (s *Store) Exists(ctx context.Context, id string) (bool, error) {
	if !ValidID(id) {
		return false, nil
	}
	found, err := s.stands(ctx, id)
	if found || err != nil {
		return found, err
	}
	holders, err := ask(ctx, s, id, func(ctx context.Context) (int, error) {
		return s.redis.Do(ctx, s.publish, s.keys(id).channel, eventLost).Int()
	})
	if holders == 0 || err != nil {
		return false, err
	}
	giveUp, poll := time.NewTimer(returnWait), time.NewTicker(returnPoll)
	defer giveUp.Stop()
	defer poll.Stop()
	for {
		select {
		case <-poll.C:
			if found, err = s.stands(ctx, id); found || err != nil {
				return found, err
			}
		case <-giveUp.C: // they had it without a need to keep it
			return false, nil
		case <-ctx.Done():
			return false, unavailable(ctx.Err())
		}
	}
}

// stands reports whether Redis has the room.
func (s *Store) stands(ctx context.Context, id string) (bool, error) {
	n, err := ask(ctx, s, id, func(ctx context.Context) (int64, error) {
		k := s.keys(id)
		return s.redis.Exists(ctx, k.log, k.code).Result()
	})
	return n > 0, err
}

// Load reads a room's log and who is there. If the log still has the entry at
// from, with its nonce, it reads what follows; else all. It fails with
// ErrNotFound when there is no log.
func (s *Store) Load(ctx context.Context, id string, from Position) (State, error) {
	if !ValidID(id) {
		return State{}, ErrNotFound
	}
	reply, err := s.run(ctx, s.load, id, from.entryID(), from.Nonce)
	if err != nil {
		return State{}, err
	}
	parts, _ := reply.([]any)
	if len(parts) == 0 {
		return State{}, ErrNotFound
	}
	state, err := parseState(parts)
	if err != nil {
		return State{}, apierr.Wrap(apierr.Internal, err, "the room cannot be read")
	}
	return state, nil
}

// Append adds an entry to the log whose epoch the entry bears, and returns the
// position it got. It fails with ErrNotFound when there is no room, and with
// ErrEpoch when the log is another one. After any other failure it is not known
// whether the entry stands; the same one can be appended again, with again set:
// then it is looked for first among the log's last, and gets another nonce if it
// is not there (see MadeWith). An entry whose Previous is set is only added behind
// the entry of that nonce, and else fails with ErrMoved.
func (s *Store) Append(ctx context.Context, id string, e Entry, again bool) (Position, error) {
	reply, err := s.run(ctx, s.append, id, e.Epoch, string(e.Kind), e.Nonce, e.Author, e.Payload, flag(again), e.Previous)
	if err != nil {
		return Position{}, err
	}
	status, value, nonce := statusOf(reply)
	switch status {
	case "OK":
		return parsePosition(value, nonce)
	case "NOROOM":
		return Position{}, ErrNotFound
	case "EPOCH":
		return Position{}, ErrEpoch
	case "MOVED":
		return Position{}, ErrMoved
	}
	return Position{}, fmt.Errorf("room: append answered %v", reply)
}

// Compact appends a snapshot of the document as of the entry at covered, or of
// a later state, and trims the log up to there. It fails with ErrEpoch when
// that entry is not in the log: then somebody else has done it, or the log is
// another one.
func (s *Store) Compact(ctx context.Context, id string, covered Position, snapshot Snapshot) error {
	next := Position{Epoch: covered.Epoch, Seq: covered.Seq + 1}
	args := []any{
		covered.Epoch, covered.entryID(), covered.Nonce, next.entryID(),
		randomHex(16), snapshot.Document, EncodeMeta(snapshot.Meta), covered.Seq,
	}
	reply, err := s.run(ctx, s.compact, id, args...)
	if err != nil && strings.Contains(err.Error(), "compiling script") { // the embedded Redis
		reply, err = s.run(ctx, s.compactPlain, id, args...)
	}
	if err != nil {
		return err
	}
	if status, _, _ := statusOf(reply); status != "OK" {
		return ErrEpoch
	}
	return nil
}

// View writes the text for other programs, if head is still the log's last
// entry, and reports whether it was. Otherwise the text is not the latest, and
// whoever appends later writes it.
func (s *Store) View(ctx context.Context, id string, head Position, text string) (bool, error) {
	reply, err := s.run(ctx, s.view, id, head.entryID(), head.Nonce, text)
	return reply == int64(1), err
}

// entryID is how Redis names the entry.
func (p Position) entryID() string { return p.Epoch + "-" + strconv.FormatInt(p.Seq, 10) }

func flag(set bool) string {
	if set {
		return "1"
	}
	return "0"
}
