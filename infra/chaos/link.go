package chaos

import (
	"bufio"
	"io"
	"net"
	"sync"
	"time"
)

const (
	// parcelsUnderWay bounds what a link holds back in one direction: above what
	// Redis sends in the longest fault.
	parcelsUnderWay = 1 << 14

	// chunkBytes is what a raw link carries at once.
	chunkBytes = 32 << 10
)

// link is one connection through a proxy. Each direction has a goroutine that
// takes parcels in and one that delivers them, so that what is late does not
// make later what comes behind it.
type link struct {
	proxy          *proxy
	client, server net.Conn
	gone           chan struct{} // closed when the link is to end at once
	end            sync.Once

	mu         sync.Mutex
	subscribed bool
	doomed     []bool // for each request that is not answered yet: whether its answer gets lost
}

// parcel is a value, or a chunk of a raw link, on its way.
type parcel struct {
	bytes []byte
	taken time.Time
}

func newLink(p *proxy, client, server net.Conn) *link {
	return &link{proxy: p, client: client, server: server, gone: make(chan struct{})}
}

func (l *link) kind() linkKind {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.subscribed {
		return pubSubLink
	}
	return commandLink
}

// abort ends the link with a reset on both sides.
func (l *link) abort() {
	l.end.Do(func() {
		close(l.gone)
		hardClose(l.client)
		hardClose(l.server)
	})
}

// carry returns when both directions have ended.
func (l *link) carry() {
	var directions sync.WaitGroup
	directions.Go(func() { l.direct(l.client, l.server, l.asked, false) })
	directions.Go(func() { l.direct(l.server, l.client, l.answered, true) })
	directions.Wait()
	l.abort()
}

// verdict is what becomes of a parcel.
type verdict int

const (
	pass verdict = iota
	lose
	cutOff // the link ends instead
)

// direct carries one direction until its end.
func (l *link) direct(from, to net.Conn, judge func([]byte) verdict, isReply bool) {
	parcels := make(chan parcel, parcelsUnderWay)
	var taking sync.WaitGroup
	taking.Go(func() {
		defer close(parcels)
		l.take(from, parcels)
	})
	for p := range parcels {
		decision := pass
		if !l.proxy.raw {
			decision = judge(p.bytes)
		}
		if decision == lose {
			continue
		}
		if decision == cutOff || !l.hold(p, isReply) || !deliver(to, p.bytes) {
			l.abort()
			break
		}
	}
	if half, ok := to.(*net.TCPConn); ok {
		_ = half.CloseWrite() // it may have ended
	}
	if isReply { // the server has ended: so does the client's connection
		l.abort()
	}
	taking.Wait()
}

func deliver(to io.Writer, b []byte) bool {
	_, err := to.Write(b)
	return err == nil
}

// take reads parcels until the connection ends.
func (l *link) take(from io.Reader, parcels chan<- parcel) {
	buffered := bufio.NewReaderSize(from, chunkBytes)
	for {
		b, err := l.read(buffered)
		if len(b) > 0 && err == nil || l.proxy.raw && len(b) > 0 {
			select {
			case parcels <- parcel{b, time.Now()}:
			case <-l.gone:
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *link) read(r *bufio.Reader) ([]byte, error) {
	if !l.proxy.raw {
		return readValue(r)
	}
	chunk := make([]byte, chunkBytes)
	n, err := r.Read(chunk)
	return chunk[:n], err
}

// hold keeps a parcel back as the weather wants, and reports whether it is to
// be delivered then.
func (l *link) hold(p parcel, isReply bool) bool {
	for {
		w, changed := l.proxy.forecast(l.kind())
		if w.reset {
			return false
		}
		wait := time.Until(p.taken.Add(w.latency / 2))
		if isReply && w.bytesPerSecond > 0 {
			wait = max(wait, 0) + time.Duration(len(p.bytes))*time.Second/time.Duration(w.bytesPerSecond)
		}
		if !w.blocked && wait <= 0 {
			return true
		}
		due := make(<-chan time.Time) // never
		var timer *time.Timer
		if !w.blocked {
			timer = time.NewTimer(wait)
			due = timer.C
		}
		select {
		case <-due:
			return true
		case <-changed:
		case <-l.gone:
		}
		if timer != nil {
			timer.Stop()
		}
		select {
		case <-l.gone:
			return false
		default:
		}
	}
}

// asked takes note of a request.
func (l *link) asked(request []byte) verdict {
	command := commandOf(request)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch command {
	case "subscribe", "ssubscribe", "psubscribe":
		l.subscribed = true
	}
	if l.subscribed {
		return pass
	}
	w, _ := l.proxy.forecast(commandLink)
	isScript := command == "evalsha" || command == "eval" || command == "fcall"
	l.doomed = append(l.doomed, isScript && l.proxy.chance(w.lostReplies))
	return pass
}

// answered decides about what the server says.
func (l *link) answered(value []byte) verdict {
	w, _ := l.proxy.forecast(pubSubLink)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.subscribed {
		switch string(element(value, 0)) {
		case "message", "smessage":
			if l.proxy.chance(w.lostMessages) {
				return lose
			}
		}
		return pass
	}
	if value[0] == '>' || len(l.doomed) == 0 { // nobody asked for it
		return pass
	}
	doomed := l.doomed[0]
	l.doomed = l.doomed[1:]
	if doomed {
		return cutOff
	}
	return pass
}
