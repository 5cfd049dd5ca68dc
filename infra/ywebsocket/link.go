package ywebsocket

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

const (
	// connectLimit is how long connecting may take.
	connectLimit = 20 * time.Second

	// silenceLimit is how long nothing may be heard.
	silenceLimit = 30 * time.Second

	// sendLimit is how long one message may take to leave.
	sendLimit = 30 * time.Second

	// lookEvery is how often it is looked who is still there.
	lookEvery = 3 * time.Second
)

// writeBuffers are shared: there are a thousand clients, of which most say little.
var writeBuffers sync.Pool

// errNowhere says that there is no server now.
var errNowhere = errors.New("ywebsocket: no server to connect to")

// link is one connection. What is sent waits without a limit, as in a browser.
type link struct {
	ws   *websocket.Conn
	url  string
	wake chan struct{} // holds one token when something waits
	gone chan struct{} // closed when the connection is of no use any more
	once sync.Once     // for gone

	mu  sync.Mutex
	out [][]byte
	bye bool // nothing comes behind out
}

func connect(ctx context.Context, url, from string) (*link, error) {
	if url == "" {
		return nil, errNowhere
	}
	source := new(net.Dialer)
	if from != "" {
		source.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
	}
	dialer := websocket.Dialer{
		HandshakeTimeout: connectLimit, ReadBufferSize: 4 << 10, WriteBufferPool: &writeBuffers, NetDialContext: source.DialContext,
	}
	ws, response, err := dialer.DialContext(ctx, url, nil)
	if response != nil && response.Body != nil {
		_ = response.Body.Close() // it was read by the dialer
	}
	if err != nil && response != nil && response.StatusCode != http.StatusSwitchingProtocols {
		err = fmt.Errorf("%s: %w", response.Status, err)
	}
	if err != nil {
		return nil, err
	}
	return &link{ws: ws, url: url, wake: make(chan struct{}, 1), gone: make(chan struct{})}, nil
}

func (l *link) send(frame []byte) {
	l.mu.Lock()
	l.out = append(l.out, frame)
	l.mu.Unlock()
	l.signal()
}

// sayBye ends the connection behind all that was sent.
func (l *link) sayBye() {
	l.mu.Lock()
	l.bye = true
	l.mu.Unlock()
	l.signal()
}

func (l *link) signal() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// abort ends the connection without a word.
func (l *link) abort() {
	l.once.Do(func() {
		close(l.gone)
		_ = l.ws.Close() // it may have ended
	})
}

// write sends what waits until the connection ends, and lets look be called now
// and then.
func (l *link) write(look func()) {
	defer l.abort()
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-l.gone:
			return
		case <-ticker.C:
			look()
		case <-l.wake:
			if l.flush() != nil {
				return
			}
		}
	}
}

func (l *link) flush() error {
	l.mu.Lock()
	frames, bye := l.out, l.bye
	l.out = nil
	l.mu.Unlock()
	for _, frame := range frames {
		err := errors.Join(l.ws.SetWriteDeadline(time.Now().Add(sendLimit)), l.ws.WriteMessage(websocket.BinaryMessage, frame))
		if err != nil {
			return err
		}
	}
	if bye {
		end := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
		return l.ws.WriteControl(websocket.CloseMessage, end, time.Now().Add(time.Second))
	}
	return nil
}

// read hears until the connection ends, and returns why.
func (l *link) read(hear func(frame []byte)) error {
	for {
		if err := l.ws.SetReadDeadline(time.Now().Add(silenceLimit)); err != nil {
			return err
		}
		_, frame, err := l.ws.ReadMessage()
		if err != nil {
			return err
		}
		hear(frame)
	}
}
