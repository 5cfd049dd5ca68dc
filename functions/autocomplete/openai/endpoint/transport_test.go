package endpoint

import (
	"errors"
	"net/http"
	"net/url"
	"testing"
)

func TestNewTransport_WithoutTLSOnlyPrivateAddresses(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:80": true, "[::1]:80": true, "10.1.2.3:80": true, "192.168.0.1:80": true, "[fd00::1]:80": true, "[::ffff:10.0.0.1]:80": true,
		"8.8.8.8:80": false, "169.254.169.254:80": false, "[fe80::1]:80": false, "[2001:db8::1]:80": false, "0.0.0.0:80": false, "[::ffff:8.8.8.8]:80": false, "": false,
	} {
		if err := checkPrivate(address); (err == nil) != want {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestNewTransport_LooksAtWhatIsCalled(t *testing.T) {
	base := &url.URL{Scheme: "http", Host: "192.0.2.1"} // as a name may turn out to mean
	client := &http.Client{Transport: NewTransport(base, nil, 1)}
	defer client.CloseIdleConnections()
	response, err := client.Get(base.String())
	if err == nil {
		_ = response.Body.Close()
	}
	if !errors.Is(err, ErrPublic) {
		t.Errorf("%v", err)
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add("data: {\"choices\":[{\"text\":\"a\"}]}\r\n\r\n: ping\n\nevent: error\ndata: x\n\n", 0)
	f.Add("{\"response\":\"a\"}\n{\"done\":true}", 1)
	f.Fuzz(func(t *testing.T, body string, which int) {
		dialect := Dialects[uint(which)%uint(len(Dialects))]
		response := &http.Response{Header: http.Header{}, Body: http.NoBody}
		response.Body = readCloser{body: &body}
		said := 0
		_, _ = readAnswer(response, dialect, func(text string) bool { said += len(text); return said < 1000 })
	})
}

type readCloser struct{ body *string }

func (r readCloser) Read(p []byte) (int, error) {
	if *r.body == "" {
		return 0, errors.New("reset")
	}
	n := copy(p[:min(len(p), 7)], *r.body)
	*r.body = (*r.body)[n:]
	return n, nil
}

func (r readCloser) Close() error { return nil }
