package wire

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	// MaxFrame is the longest message that is read, in bytes: items come with their
	// documentation.
	MaxFrame = 16 << 20

	// maxHeader is the longest header of a message, in bytes: two fields of which
	// one has a number.
	maxHeader = 4 << 10
)

// ErrFrame says that what a server sends is no message.
var ErrFrame = errors.New("not a message of the language server protocol")

// readFrame reads a message: header fields, an empty line, and as many bytes as
// Content-Length says. It keeps no more memory than has arrived.
func readFrame(r *bufio.Reader) ([]byte, error) {
	length := -1
	for left := maxHeader; ; {
		line, err := r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) || left < len(line) {
			return nil, fmt.Errorf("%w: its header does not end", ErrFrame)
		}
		if err != nil {
			return nil, err
		}
		left -= len(line)
		field := strings.TrimRight(string(line), "\r\n")
		if field == "" {
			break
		}
		name, value, _ := strings.Cut(field, ":")
		if !strings.EqualFold(name, "Content-Length") {
			continue
		}
		length, err = strconv.Atoi(strings.TrimSpace(value))
		if err != nil || length < 0 || length > MaxFrame {
			return nil, fmt.Errorf("%w: its length is %.40q", ErrFrame, value)
		}
	}
	if length < 0 {
		return nil, fmt.Errorf("%w: it has no length", ErrFrame)
	}
	var body bytes.Buffer
	if _, err := io.CopyN(&body, r, int64(length)); err != nil {
		return nil, fmt.Errorf("in the middle of a message: %w", err)
	}
	return body.Bytes(), nil
}

// frame puts the header in front of a message.
func frame(body []byte) []byte {
	return append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...)
}
