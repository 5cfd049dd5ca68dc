package e2e

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"github.com/tutti-live/tutti/infra/devstack"
	"github.com/tutti-live/tutti/infra/e2e/scene"
	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/lib0"
	"github.com/tutti-live/tutti/shared/protocol"
)

// talker is a Yjs client that is told of the room, by the same messages as others. It
// answers no question by itself.
type talker struct{ *client }

func (w *world) talk(room string, i int) *talker {
	w.t.Helper()
	k := w.call(room, i)
	go k.read()
	return k
}

// call is talk, but nothing is read until the caller begins to.
func (w *world) call(room string, i int) *talker {
	w.t.Helper()
	k := &talker{connect(w.t, w.relay(i)+"/yjs/"+room)}
	w.t.Cleanup(k.cut)
	return k
}

// kindRoom is the type of a message of the room.
const kindRoom = 100

func (k *talker) read() {
	k.readFrames(func(message []byte) []byte {
		r := lib0.NewReader(message)
		if r.Uvarint() != kindRoom {
			return nil
		}
		return r.Bytes()
	})
}

func (k *talker) send(message []byte) {
	k.t.Helper()
	if err := k.conn.WriteMessage(websocket.BinaryMessage, message); err != nil {
		k.t.Fatal(err)
	}
}

func (k *talker) say(message string) {
	k.t.Helper()
	k.send(lib0.AppendString([]byte{kindRoom}, message))
}

// nothing is what a client with an empty document answers to the relay's question.
var nothing = protocol.EncodeSyncStep2([]byte{0, 0})

func TestYjs_HelloIsAnsweredByTheRoom(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create(`{"language":"rust"}`)
		person, k := w.join(id, 0), w.talk(id, 1)
		joined := person.until("user_joined")
		k.say(`{"type":"hello"}`)
		got := k.next("welcome")
		if got.YourUserID != joined.UserID || got.YourColor != joined.Color || got.Language != "rust" || got.RoomID != id || got.ExpiresIn != 7200 {
			t.Errorf("got %+v for %+v", got, joined)
		}
	})
}

func TestYjs_LanguageIsSharedWithThoseWhoSaidHello(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		person, k, other := w.join(id, 0), w.talk(id, 1), w.talk(id, 0)
		k.say(`{"type":"hello"}`)
		k.next("welcome")
		other.say(`{"type":"hello"}`)
		other.next("welcome")

		person.send(`{"type":"language_change","language":"go"}`)
		for _, k := range []*talker{k, other} {
			if f := k.next("language_changed"); f.Language != "go" || f.UserID != person.id {
				t.Errorf("got %+v", f)
			}
		}
		for range 2 { // also when it is the language already: whoever chose waits to hear it
			k.say(`{"type":"language_change","language":"sql"}`)
			if f := k.next("language_changed"); f.Language != "sql" {
				t.Errorf("got %+v", f)
			}
		}
		if f := person.until("language_changed"); f.Language != "sql" {
			t.Errorf("got %+v", f)
		}
		if f := other.next("language_changed"); f.Language != "sql" {
			t.Errorf("got %+v", f)
		}
	})
}

func TestYjs_SavedCountsTheUpdatesOfAConnection(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		k := w.talk(id, 0)
		k.say(`{"type":"hello","features":["saved"]}`)
		k.next("welcome")
		k.send(nothing)
		k.send(typed(t, "one"))
		awaitSaved(k, 2)
		if got := w.logged(id); got != "one" {
			t.Errorf("saved, but Redis has %q", got)
		}
		w.redis.Stop()
		k.send(typed(t, "two"))
		k.say("?")
		k.next("error") // and not that it is saved
		w.redis.Start()
		awaitSaved(k, 3)
		if got := w.logged(id); len(got) != len("onetwo") {
			t.Errorf("saved, but Redis has %q", got)
		}
	})
}

// awaitSaved waits until so many updates are saved.
func awaitSaved(k *talker, updates int64) {
	k.t.Helper()
	for f := k.next("saved"); f.Updates != updates; f = k.next("saved") {
		if f.Updates > updates {
			k.t.Fatalf("%d updates are saved, of %d", f.Updates, updates)
		}
	}
}

// What was typed offline comes with the answer to the relay's question. Before,
// nobody may think that all is saved.
func TestYjs_NothingIsSavedBeforeTheAnswer(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		k := w.talk(id, 0)
		k.say(`{"type":"hello","features":["saved"]}`)
		k.next("welcome")
		k.send(typed(t, "early"))
		scene.Eventually(t, "it is in Redis", func() bool { return w.logged(id) == "early" })
		k.say("?")
		k.next("error")
		k.send(nothing)
		awaitSaved(k, 2)
	})
}

func TestYjs_RoomMessagesThatAreWrongAreRefused(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		k := w.talk(id, 0)
		for message, code := range map[string]string{
			`{`:                                 protocol.ErrCodeBadJSON,
			`{"type":"dance"}`:                  protocol.ErrCodeUnknownType,
			`{"type":"language_change"}`:        protocol.ErrCodeInvalid,
			`{"type":"code_update","code":"x"}`: "not_here",
			`{"type":"cursor_move","line":1,"column":1}`: "not_here",
		} {
			k.say(message)
			if f := k.next("error"); f.Code != code || f.Message == "" {
				t.Errorf("%s: got %+v, want %s", message, f, code)
			}
		}
		k.say(`{"type":"hello"}`)
		k.next("welcome")
	})
}

// Released clients complain of types that they do not know.
func TestYjs_WhoSaysNoHelloHearsNothingOfIt(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		person, k := w.join(id, 0), w.talk(id, 0)
		k.send(nothing)
		k.send(typed(t, "text"))
		person.untilCode("text")
		person.send(`{"type":"language_change","language":"go"}`)
		scene.Eventually(t, "it is in Redis", func() bool { return w.logged(id) == "text" })
		k.say("?")
		k.next("error")
	})
}

// Who reads nothing for a while starts over, and misses neither the language nor
// what is saved.
func TestYjs_SlowReaderHearsTheLanguageAndWhatIsSaved(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		id := w.create("")
		person, k := w.join(id, 0), w.call(id, 0)
		k.say(`{"type":"hello","features":["saved"]}`)
		k.send(nothing)
		k.send(typed(t, "mine"))
		person.untilCode("mine")
		other := w.talk(id, 0)
		doc := crdt.NewDoc()
		doc.OnUpdate(func(update []byte, _ any, _ []crdt.TextChange) { other.send(protocol.EncodeSyncUpdate(update)) })
		const size = 100 << 10
		startedOver := func() bool { return w.metric(0, "tutti_relay_refreshed_clients_total") != "0" }
		for i := 0; !startedOver(); i++ { // until what waits is more than the sockets' buffers and a queue hold
			text := doc.Text("code")
			if err := errors.Join(text.Insert(0, strings.Repeat("x", size)), text.Delete(0, size)); err != nil || i == 1000 {
				t.Fatalf("after %d texts: %v", i, err)
			}
			other.say("?")
			other.next("error") // the relay has taken it in
		}
		person.send(`{"type":"language_change","language":"go"}`)
		go k.read()
		saved, language := int64(0), ""
		for saved != 2 || language != "go" {
			f := k.any()
			saved = max(saved, f.Updates)
			if f.Language != "" {
				language = f.Language
			}
		}
	})
}

// Others come back at once whatever the reason is, and are held for 3 s.
func TestYjs_WhoSaysHelloIsTurnedAwayAtOnce(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		full := w.create("")
		w.join(full, 0)
		w.join(full, 1)
		for room, code := range map[string]int{"000000": protocol.CloseYjsNotFound, full: protocol.CloseYjsRoomFull} {
			began := time.Now()
			k := w.talk(room, 0)
			k.say(`{"type":"hello"}`)
			if got := closeCode(t, k.frames, &k.ended); got != code {
				t.Errorf("closed with %d, not %d", got, code)
			}
			if took := time.Since(began); took > 2*time.Second {
				t.Errorf("it took %v", took)
			}
		}
	}, func(s *devstack.Settings) { s.Relay.MaxPeoplePerRoom = 2 })
}
