package wire_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/tutti-live/tutti/functions/autocomplete/lsp/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// peer is a connection with the server's side of it in the hands of a test.
type peer struct {
	t    *testing.T
	conn *wire.Conn
	in   *bufio.Reader
	side net.Conn
	end  chan error
}

func newPeer(t *testing.T) *peer {
	t.Helper()
	ours, theirs := net.Pipe()
	p := &peer{t: t, in: bufio.NewReader(theirs), side: theirs, end: make(chan error, 1)}
	p.conn = wire.NewConn(ours, ours, func(method string, params json.RawMessage) (any, error) {
		switch method {
		case "nothing":
			return nil, nil
		case "echo":
			return params, nil
		case "fail":
			return nil, errors.New("no")
		}
		return nil, wire.ErrMethod
	})
	go func() { p.end <- p.conn.Run() }()
	t.Cleanup(func() {
		ours.Close()
		theirs.Close()
		<-p.conn.Done()
	})
	return p
}

// says sends something to the client as it is.
func (p *peer) says(text string) {
	p.t.Helper()
	if _, err := io.WriteString(p.side, text); err != nil {
		p.t.Error(err)
	}
}

func framed(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }

// hears reads one message.
func (p *peer) hears() string {
	p.t.Helper()
	var n int
	if _, err := fmt.Fscanf(p.in, "Content-Length: %d\r\n\r\n", &n); err != nil {
		p.t.Fatal(err)
	}
	body := make([]byte, n)
	if _, err := io.ReadFull(p.in, body); err != nil {
		p.t.Fatal(err)
	}
	return string(body)
}

func TestConn_CallIsAnswered(t *testing.T) {
	p := newPeer(t)
	first, err := p.conn.Call("a", map[string]int{"x": 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := p.hears(); got != `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":1}}` {
		t.Error(got)
	}
	second, err := p.conn.Call("b", nil)
	if err != nil {
		t.Fatal(err)
	}
	p.hears()
	if err := p.conn.Cancel(first); err != nil {
		t.Fatal(err)
	}
	if got := p.hears(); got != `{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}` {
		t.Error(got)
	}
	p.says(framed(`{"id":2,"result":"two"}`) + framed(`{"method":"log","params":{}}`) + framed(`{"id":7,"result":1}`) + framed(`{"id":"x","result":1}`))
	p.says("content-length:" + "49\r\nContent-Type: x\r\n\r\n" + `{"id":1,"error":{"code":-32800,"message":"gone"}}`)
	response := <-second.Reply
	var text string
	if err := response.Decode(&text); err != nil || text != "two" {
		t.Errorf("%q, %v", text, err)
	}
	response = <-first.Reply
	var refusal *wire.Error
	if err := response.Decode(&text); !errors.As(err, &refusal) || refusal.Code != -32800 || strings.Contains(err.Error(), "gone") {
		t.Errorf("%v", err)
	}
}

func TestConn_QuestionsAreAnswered(t *testing.T) {
	p := newPeer(t)
	for question, want := range map[string]string{
		`{"id":"q","method":"nothing"}`:         `{"jsonrpc":"2.0","id":"q","result":null}`,
		`{"id":1,"method":"echo","params":[1]}`: `{"jsonrpc":"2.0","id":1,"result":[1]}`,
		`{"id":2,"method":"fail"}`:              `{"jsonrpc":"2.0","id":2,"error":{"code":-32602,"message":"no"}}`,
		`{"id":3,"method":"strange"}`:           `{"jsonrpc":"2.0","id":3,"error":{"code":-32601,"message":"no such method"}}`,
	} {
		p.says(framed(question))
		if got := p.hears(); got != want {
			t.Errorf("%s: %s", question, got)
		}
	}
}

func TestConn_EndsOnWhatIsNoMessage(t *testing.T) {
	for _, text := range []string{
		"Content-Length: -1\r\n\r\n", "Content-Length: x\r\n\r\n", fmt.Sprintf("Content-Length: %d\r\n\r\n", wire.MaxFrame+1),
		"Content-Length: 99999999999999999999\r\n\r\n", "X: 1\r\n\r\n", "\r\n", framed("{]"), framed(`[1]`), framed(`{"method":7}`),
		"Content-Length: 2" + strings.Repeat(" ", 70_000), strings.Repeat("X: y\r\n", 1000),
		framed(strings.Repeat("[", 100_000)),
	} {
		p := newPeer(t)
		call, err := p.conn.Call("a", nil)
		if err != nil {
			t.Fatal(err)
		}
		p.hears()
		go io.WriteString(p.side, text) //nolint:errcheck // it may end before it has read all
		<-p.conn.Done()
		if err := p.conn.Err(); !errors.Is(err, wire.ErrFrame) || !errors.Is(err, wire.ErrClosed) {
			t.Errorf("%.30q: %v", text, err)
		}
		if err := p.conn.Notify("b", nil); !errors.Is(err, wire.ErrClosed) {
			t.Errorf("%v", err)
		}
		select {
		case r := <-call.Reply:
			t.Errorf("%v", r)
		default:
		}
	}
}

func TestConn_EndsWhenTheServerDoes(t *testing.T) {
	p := newPeer(t)
	p.says("Content-Length: 10\r\n\r\n{")
	p.side.Close()
	if err := <-p.end; !errors.Is(err, wire.ErrClosed) || !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}

func TestConn_EndsWhenTheServerDoesNotRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPeer(t)
		start := time.Now()
		var err error
		for err == nil { // until there is no more room for what is unsent
			err = p.conn.Notify("a", nil)
		}
		if took := time.Since(start); !errors.Is(err, wire.ErrClosed) || took != 2*time.Second {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

func FuzzDecodeItems(f *testing.F) {
	f.Add(`{"itemDefaults":{"editRange":{"insert":{}},"insertTextFormat":2},"items":[{"label":"a","tags":[1],"textEdit":{"range":{}}}]}`)
	f.Fuzz(func(t *testing.T, result string) {
		const most = 3
		items, err := wire.DecodeItems(json.RawMessage(result), most)
		if err != nil && !errors.Is(err, wire.ErrFrame) || len(items) > most {
			t.Errorf("%d items, %v", len(items), err)
		}
		for i := range items {
			items[i].Text()
			items[i].Range()
			items[i].ChangesMore()
		}
	})
}
