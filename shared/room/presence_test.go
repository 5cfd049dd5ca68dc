package room

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/tutti-live/tutti/shared/protocol"
	"github.com/tutti-live/tutti/shared/redistest"
)

// somebody is a person with all that a person can have.
func somebody(id string) Person {
	return Person{ID: id, Name: "Ada", Color: "#C72626", Cursor: &protocol.Cursor{Line: 2, Column: 3, Color: "#C72626"}}
}

func say(t testing.TB, store *Store, id string, p Presence) {
	t.Helper()
	if err := store.SayPresence(t.Context(), id, p); err != nil {
		t.Fatal(err)
	}
}

// ids of people, sorted.
func ids(people []Person) []string {
	var ids []string
	for _, p := range people {
		ids = append(ids, p.ID)
	}
	slices.Sort(ids)
	return ids
}

func TestJoin_SpreadsColours(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		having := make(map[string]int)
		var people []string
		for i := range 2 * len(Colors()) {
			person := Person{ID: fmt.Sprintf("user%d", i), Name: `"color":""`}
			color, err := store.Join(t.Context(), id, person, anyNumber)
			if err != nil {
				t.Fatal(err)
			}
			having[color]++
			people = append(people, person.ID)
		}
		for _, color := range Colors() {
			if having[color] != 2 {
				t.Errorf("%d people have %s: %v", having[color], color, having)
			}
		}
		slices.Sort(people)
		loaded := load(t, store, id).People
		if !slices.Equal(ids(loaded), people) {
			t.Errorf("people are %v, want %v", ids(loaded), people)
		}
		for _, p := range loaded {
			if p.Name != `"color":""` || having[p.Color] == 0 {
				t.Errorf("loaded %+v", p)
			}
		}
		checkTTLs(t, server)
	})
}

func TestJoin_NeverMoreThanTheRoomTakes(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		const most, comers = 5, 20
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		var in, full atomic.Int32
		var wg sync.WaitGroup
		for i := range comers {
			wg.Go(func() {
				switch _, err := store.Join(context.Background(), id, Person{ID: fmt.Sprint("user", i)}, Capacity{Most: most, Fresh: time.Minute}); {
				case err == nil:
					in.Add(1)
				case errors.Is(err, ErrFull):
					full.Add(1)
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in.Load() != most || full.Load() != comers-most || len(load(t, store, id).People) != most {
			t.Errorf("%d got in, %d did not", in.Load(), full.Load())
		}
	})
}

func TestJoin_PeopleOfAKilledRelayTakeNoPlaces(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		capacity := Capacity{Most: 2, Fresh: 50 * time.Millisecond}
		for i := range 2 {
			if _, err := store.Join(t.Context(), id, Person{ID: fmt.Sprint("ghost", i)}, Capacity{Most: 2, Fresh: time.Minute}); err != nil {
				t.Fatal(err)
			}
		}
		eventually(t, func() bool {
			_, err := store.Join(t.Context(), id, Person{ID: "back"}, capacity)
			return err == nil
		})
	})
}

func TestLoad_PeopleWhoAreNotHeardOfAreNotThere(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		killed := openStore(t, server, Options{Presence: 200 * time.Millisecond})
		living := openStore(t, server, Options{Presence: time.Minute})
		id := create(t, living, "", "")
		for name, store := range map[string]*Store{"gone": killed, "here": living} {
			if _, err := store.Join(t.Context(), id, Person{ID: name}, anyNumber); err != nil {
				t.Fatal(err)
			}
		}
		say(t, killed, id, Presence{Here: []Person{{ID: "gone too"}}})
		eventually(t, func() bool { return slices.Equal(ids(load(t, living, id).People), []string{"here"}) })
		// A heartbeat brings them back, as after a pause of their relay.
		say(t, living, id, Presence{Here: []Person{{ID: "gone"}}})
		if people := ids(load(t, living, id).People); !slices.Equal(people, []string{"gone", "here"}) {
			t.Errorf("there are %v", people)
		}
	})
}

func TestSayPresence_TheViewsShowWhoIsThere(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		ada := somebody("u1")
		say(t, store, id, Presence{Here: []Person{ada, {ID: "u2"}}})
		users := server.Client.SMembers(t.Context(), key(id, "users")).Val()
		slices.Sort(users)
		cursors := server.Client.HGetAll(t.Context(), key(id, "cursors")).Val()
		if !slices.Equal(users, []string{"u1", "u2"}) || len(cursors) != 1 || !strings.Contains(cursors["u1"], `"line":2`) {
			t.Errorf("the views are %v and %v", users, cursors)
		}
		checkTTLs(t, server)
		say(t, store, id, Presence{Left: []string{"u1", "u2", "nobody"}})
		if n := server.Client.Exists(t.Context(), key(id, "users"), key(id, "cursors"), key(id, "seen"), key(id, "presence")).Val(); n != 0 {
			t.Errorf("%d keys of nobody are left", n)
		}
		if len(load(t, store, id).People) != 0 {
			t.Error("somebody is there")
		}
	})
}

func TestSayPresence_AsManyAsARelayHas(t *testing.T) {
	server := redistest.Real(t) // the embedded one takes too long
	store := openStore(t, server, Options{})
	id := create(t, store, "", "")
	heard := follow(t, store, id)
	var all []Person
	for i := range 1000 {
		all = append(all, somebody(fmt.Sprintf("%016d", i)))
	}
	say(t, store, id, Presence{Here: all, Whole: true})
	if roll := heard.roll(); len(roll.People) != len(all) || len(load(t, store, id).People) != len(all) {
		t.Errorf("the roll has %d", len(roll.People))
	}
	say(t, store, id, Presence{Left: ids(all)})
	if n := len(server.Keys()); n != 2 {
		t.Errorf("%d keys are left", n)
	}
}

func TestSayPresence_RenewsTheRoomsLife(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		say(t, store, id, Presence{Here: []Person{somebody("u1")}})
		for _, name := range allKeys {
			server.Client.Expire(t.Context(), key(id, name), 5*time.Second)
		}
		say(t, store, id, Presence{Here: []Person{somebody("u1")}}) // nothing new
		for _, name := range allKeys {
			if ttl := server.TTL(key(id, name)); ttl < (testTTL-5)*time.Second {
				t.Errorf("%s lives %v", name, ttl)
			}
		}
	})
}

// someoneElse writes a person whom nobody can read.
func someoneElse(t *testing.T, server *redistest.Server, id, session, person string) {
	t.Helper()
	if err := server.Client.HSet(t.Context(), key(id, "presence"), session, person).Err(); err != nil {
		t.Fatal(err)
	}
	ends := float64(time.Now().Add(time.Hour).UnixMilli())
	if err := server.Client.ZAdd(t.Context(), key(id, "seen"), redis.Z{Score: ends, Member: session}).Err(); err != nil {
		t.Fatal(err)
	}
}

func TestPresence_APersonWhoIsGarbageIsLeftOut(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		heard := follow(t, store, id)
		ada := somebody("u1")
		say(t, store, id, Presence{Here: []Person{ada}})
		heard.want(Here{ada})
		for i, garbage := range []string{
			"", "garbage", "{", `{"id":`, `"text"`, "7", "null", "[]", "{}", `{"id":7}`, `{"color":{}}`, `{"color":7}`,
			`{"color":NaN}`, "\xff", strings.Repeat("[", 10_000),
		} {
			session := fmt.Sprint("garbage", i)
			someoneElse(t, server, id, session, garbage)
			if state := load(t, store, id); !slices.Equal(ids(state.People), []string{"u1"}) {
				t.Errorf("with %.20q there are %v", garbage, ids(state.People))
			}
			joined := fmt.Sprint("joined", i)
			if color, err := store.Join(t.Context(), id, Person{ID: joined}, anyNumber); err != nil || !slices.Contains(Colors(), color) {
				t.Errorf("with %.20q Join = %q, %v", garbage, color, err)
			}
			if here, ok := heard.next().(Here); !ok || here.ID != joined {
				t.Errorf("with %.20q heard %+v", garbage, here)
			}
			say(t, store, id, Presence{Here: []Person{ada}, Left: []string{joined}, Whole: true})
			heard.want(Left{joined})
			if roll, ok := heard.next().(Roll); !ok || !slices.Equal(ids(roll.People), []string{"u1"}) {
				t.Errorf("with %.20q the roll is %+v", garbage, roll)
			}
			say(t, store, id, Presence{Left: []string{session}})
			heard.want(Left{session})
		}
		checkTTLs(t, server)
	})
}

func TestPresence_EachLostKeyHeals(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{})
		id := create(t, store, "", "")
		ada := somebody("u1")
		say(t, store, id, Presence{Here: []Person{ada, {ID: "u2"}}})
		heard := follow(t, store, id)
		for _, name := range []string{"seen", "presence", "users", "cursors"} {
			del(t, server, id, name)
			say(t, store, id, Presence{Here: []Person{ada}, Whole: true})
			if roll := heard.roll(); !slices.Contains(ids(roll.People), "u1") {
				t.Errorf("without %s the roll is %+v", name, roll.People)
			}
			if n := server.Client.Exists(t.Context(), keysOf(id).all()...).Val(); n != 6 {
				t.Errorf("after %s was lost there are %d keys of 6", name, n)
			}
			checkTTLs(t, server)
		}
	})
}

func TestPresence_WhoIsLeftBehindWhenSeenIsLostGoesAfterAll(t *testing.T) {
	redistest.Each(t, func(t *testing.T, server *redistest.Server) {
		store := openStore(t, server, Options{Presence: 200 * time.Millisecond})
		id := create(t, store, "", "")
		say(t, store, id, Presence{Here: []Person{{ID: "of a killed relay"}}})
		heard := follow(t, store, id)
		del(t, server, id, "seen")
		say(t, store, id, Presence{Whole: true})
		checkTTLs(t, server)
		if roll := heard.roll(); len(roll.People) != 1 {
			t.Errorf("the roll is %+v", roll.People)
		}
		eventually(t, func() bool { return len(load(t, store, id).People) == 0 })
		say(t, store, id, Presence{Whole: true})
		heard.want(Left{"of a killed relay"})
		if roll := heard.roll(); len(roll.People) != 0 {
			t.Errorf("the roll is %+v", roll.People)
		}
	})
}
