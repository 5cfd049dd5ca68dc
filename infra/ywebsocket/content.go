package ywebsocket

import (
	"encoding/json"
	"errors"

	"github.com/tutti-live/tutti/shared/crdt"
	"github.com/tutti-live/tutti/shared/lib0"
)

// The root types besides the text that clients write into.
const (
	mapName  = "fields"
	listName = "list"
)

// scribe writes into maps and arrays, which package crdt only reads: it makes the
// updates that Yjs would make. It has an id of its own, because a document takes
// another one when it is brought updates that bear its id.
type scribe struct {
	client uint64
	clock  uint32   // of the next item
	last   *crdt.ID // that was added to the list; nil: none was
}

// The first byte of a struct, as Yjs writes it.
const (
	infoAny    = 8    // it holds values
	infoKey    = 0x20 // it is the value of a key
	infoOrigin = 0x80 // it follows another one
)

// item is an update that adds a value to a root type: behind another item, or as
// the first one.
func (s *scribe) item(origin *crdt.ID, root, key string, value any) (update []byte, id crdt.ID, err error) {
	id = crdt.ID{Client: s.client, Clock: s.clock}
	b := lib0.AppendUvarint([]byte{1, 1}, s.client) // one client, one struct
	b = lib0.AppendUvarint(b, uint64(s.clock))
	info := byte(infoAny)
	if key != "" {
		info |= infoKey
	}
	if origin != nil {
		b = lib0.AppendUvarint(append(b, info|infoOrigin), origin.Client)
		b = lib0.AppendUvarint(b, uint64(origin.Clock))
	} else {
		b = lib0.AppendString(append(b, info, 1), root) // 1: the parent has a name
		if key != "" {
			b = lib0.AppendString(b, key)
		}
	}
	if b, err = lib0.AppendAny(append(b, 1), value); err != nil { // one value
		return nil, id, err
	}
	s.clock++
	return append(b, 0), id, nil // nothing is deleted
}

// field is a value in the map: it says which item it is, for the next value of its
// key follows that.
type field struct {
	Value  string  `json:"value"`
	Client float64 `json:"client"`
	Clock  float64 `json:"clock"`
}

// Set puts a value under a key of the map.
func (c *Client) Set(key, value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var origin *crdt.ID
	if there, ok := c.doc.Map(mapName).Get(key); ok {
		f, err := readField(there)
		if err != nil {
			return err
		}
		origin = &crdt.ID{Client: uint64(f.Client), Clock: uint32(f.Clock)}
	}
	update, _, err := c.scribe.item(origin, mapName, key, map[string]any{
		"value": value, "client": float64(c.scribe.client), "clock": float64(c.scribe.clock),
	})
	if err != nil {
		return err
	}
	return c.doc.ApplyUpdate(update, nil)
}

// Append adds a value to the array, behind those that the client added before.
func (c *Client) Append(value string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	update, id, err := c.scribe.item(c.scribe.last, listName, "", value)
	if err != nil {
		return err
	}
	c.scribe.last = &id
	return c.doc.ApplyUpdate(update, nil)
}

func readField(value any) (f field, err error) {
	encoded, err := json.Marshal(value)
	return f, errors.Join(err, json.Unmarshal(encoded, &f))
}

// Content is all that is in a document at a moment.
type Content struct {
	Text   string
	Vector []byte            // what is known of each writer
	State  []byte            // the whole of it
	Fields map[string]string // the map: values by key
	List   []string          // the array
	Waits  bool              // there is something in it that waits for what is missing
}

// Content reads the document.
func (c *Client) Content() Content {
	c.mu.Lock()
	defer c.mu.Unlock()
	content := Content{
		Text: c.text.String(), Vector: c.doc.EncodeStateVector(), State: c.doc.EncodeStateAsUpdate(nil),
		Fields: make(map[string]string), Waits: c.doc.HasPending(),
	}
	fields := c.doc.Map(mapName)
	for _, key := range fields.Keys() {
		value, _ := fields.Get(key)
		if f, err := readField(value); err == nil {
			content.Fields[key] = f.Value
		}
	}
	for _, value := range c.doc.Array(listName).Values() {
		if text, ok := value.(string); ok {
			content.List = append(content.List, text)
		}
	}
	return content
}
