package chaos

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// errNotRESP says that what goes over a link is not the protocol of Redis.
var errNotRESP = errors.New("chaos: not the protocol of Redis")

// readValue reads one value of the protocol of Redis, of version 2 or 3, and
// returns its bytes as they came.
func readValue(r *bufio.Reader) ([]byte, error) { return appendValue(nil, r) }

func appendValue(b []byte, r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	b = append(b, line...)
	switch line[0] {
	case '$', '=', '!': // so many bytes
		n, err := readLength(line)
		if err != nil || n < 0 {
			return b, err
		}
		start := len(b)
		b = append(b, make([]byte, n+len("\r\n"))...)
		_, err = io.ReadFull(r, b[start:])
		return b, err
	case '*', '~', '>': // so many values
		n, err := readLength(line)
		return appendValues(b, r, n, err)
	case '%': // so many pairs of values
		n, err := readLength(line)
		return appendValues(b, r, 2*n, err)
	case '|': // pairs of values, and the value that they tell about
		n, err := readLength(line)
		return appendValues(b, r, 2*n+1, err)
	case '+', '-', ':', '_', '#', ',', '(':
		return b, nil
	}
	return nil, fmt.Errorf("%w: a value that begins with %q", errNotRESP, line[0])
}

func appendValues(b []byte, r *bufio.Reader, n int, err error) ([]byte, error) {
	for range n {
		if err == nil {
			b, err = appendValue(b, r)
		}
	}
	return b, err
}

func readLength(line []byte) (int, error) {
	n, err := strconv.Atoi(string(bytes.TrimSpace(line[1:])))
	if err != nil {
		return 0, fmt.Errorf("%w: a length of %q", errNotRESP, line)
	}
	return n, nil
}

// commandOf returns the name of the command that a request asks for, in lower case.
func commandOf(request []byte) string {
	return string(bytes.ToLower(element(request, 0)))
}

// element returns the i-th element of an array or push of plain strings.
func element(value []byte, i int) []byte {
	_, rest, _ := bytes.Cut(value, []byte("\r\n")) // how many there are
	for ; ; i-- {
		head, tail, _ := bytes.Cut(rest, []byte("\r\n"))
		if len(head) == 0 || head[0] != '$' {
			return nil
		}
		n, err := readLength(head)
		if err != nil || n < 0 || n > len(tail) {
			return nil
		}
		if i == 0 {
			return tail[:n]
		}
		rest = bytes.TrimPrefix(tail[n:], []byte("\r\n"))
	}
}
