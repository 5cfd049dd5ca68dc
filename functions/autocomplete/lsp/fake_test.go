package lsp

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// fakeVerb is the first argument of a test binary that is a language server. Those
// after it say how it starts.
const fakeVerb = "fake-language-server"

// A fake is a language server that knows the words of the texts it has open, and does
// as lines of the newest say: "do: crash".
type fake struct {
	in      *bufio.Reader
	texts   map[string]string // that are open, by URI
	newest  string            // URI
	counts  map[string]int    // of what happened, by method
	answers map[int]string    // to its questions
	eaten   [][]byte
	asked   int // completions
	needs   int // so many completions are empty, before it is warm
}

// fakeMain is the server.
func fakeMain(how []string) {
	f := &fake{
		in: bufio.NewReaderSize(os.Stdin, 1<<20), texts: make(map[string]string), counts: make(map[string]int),
		answers: make(map[int]string),
	}
	for _, word := range how {
		switch word {
		case "exits":
			fmt.Fprintln(os.Stderr, "there is no licence")
			os.Exit(3)
		case "floods":
			line := strings.Repeat("noise ", 1000) + "\n"
			for range 2000 { // 12 MB
				fmt.Fprint(os.Stderr, line)
			}
		case "empty-first":
			f.needs = 3
		case "never-ready":
			f.needs = 1 << 30
		}
	}
	for {
		f.serve(f.read())
	}
}

// read reads a message in the simplest way.
func (f *fake) read() (m fakeMessage) {
	header, err := f.in.ReadString('\n')
	if err != nil {
		os.Exit(0)
	}
	n, err := strconv.Atoi(strings.TrimSpace(strings.TrimPrefix(header, "Content-Length:")))
	if err != nil {
		panic(header)
	}
	body := make([]byte, n+2)
	if _, err := io.ReadFull(f.in, body); err != nil {
		os.Exit(0)
	}
	if err := json.Unmarshal(body[2:], &m); err != nil {
		panic(err)
	}
	return m
}

type fakeMessage struct {
	ID     json.RawMessage
	Method string
	Params struct {
		TextDocument   struct{ URI, Text string }
		ContentChanges []struct{ Text string }
		Position       struct{ Line, Character int }
		Capabilities   json.RawMessage
	}
	Result json.RawMessage
	Error  *struct{ Code int }
}

func (f *fake) write(format string, args ...any) {
	body := `{"jsonrpc":"2.0",` + fmt.Sprintf(format, args...) + "}"
	fmt.Printf("Content-Length: %d\r\nContent-Type: application/vscode-jsonrpc; charset=utf-8\r\n\r\n%s", len(body), body)
}

func (f *fake) serve(m fakeMessage) {
	f.counts[filepath.Base(m.Method)]++
	uri := m.Params.TextDocument.URI
	switch m.Method {
	case "initialize":
		f.write(`"id":%s,"result":{"capabilities":{"completionProvider":{"triggerCharacters":["."," "]}}}`, m.ID)
	case "textDocument/didOpen":
		f.texts[uri], f.newest = m.Params.TextDocument.Text, uri
	case "textDocument/didChange":
		f.texts[uri], f.newest = m.Params.ContentChanges[0].Text, uri
	case "textDocument/didClose":
		delete(f.texts, uri)
	case "textDocument/completion":
		f.complete(m)
	case "":
		if id, err := strconv.Atoi(string(m.ID)); err == nil {
			f.answers[id] = string(m.Result)
			if m.Error != nil {
				f.answers[id] = strconv.Itoa(m.Error.Code)
			}
		}
	}
}

var (
	fakeOrders = regexp.MustCompile(`do: (.*)`)
	fakeWords  = regexp.MustCompile(`\w+`)
)

// complete answers with all words, or does what it is told.
func (f *fake) complete(m fakeMessage) {
	for _, order := range fakeOrders.FindAllStringSubmatch(f.texts[f.newest], -1) {
		if f.obey(order[1], m) {
			return
		}
	}
	f.asked++
	var labels []string
	if f.asked > f.needs {
		labels = f.words()
	}
	f.reply(m, labels)
}

func (f *fake) reply(m fakeMessage, labels []string) {
	items := make([]string, len(labels))
	for i, label := range labels {
		items[i] = fmt.Sprintf(`{"label":%q}`, label)
	}
	f.write(`"id":%s,"result":{"isIncomplete":false,"items":[%s]}`, m.ID, strings.Join(items, ","))
}

// words are those of all texts, and what can be told of the server.
func (f *fake) words() []string {
	var words []string
	for _, text := range f.texts {
		words = append(words, fakeWords.FindAllString(text, -1)...)
	}
	for method, n := range f.counts {
		words = append(words, fmt.Sprintf("stat_%s_%d", strings.TrimPrefix(method, "$/"), n))
	}
	for id, answer := range f.answers {
		words = append(words, fmt.Sprintf("answer_%d_%s", id, strings.Join(fakeWords.FindAllString(answer, -1), "_")))
	}
	return append(words, fmt.Sprintf("stat_texts_%d", len(f.texts)), fmt.Sprintf("stat_pid_%d", os.Getpid()))
}

// obey does what a line says, and reports whether that was the answer.
func (f *fake) obey(order string, m fakeMessage) bool {
	word, rest, _ := strings.Cut(order, " ")
	switch word {
	case "silent":
		select {}
	case "answerthenhang":
		f.write(`"id":%s,"error":{"code":-32800,"message":"cancelled"}`, m.ID)
		select {}
	case "answerthenexit":
		f.write(`"id":%s,"error":{"code":-32800,"message":"cancelled"}`, m.ID)
		os.Exit(1)
	case "ignore":
		return true
	case "crash":
		fmt.Print("Content-Length: 1000\r\n\r\n{\"jsonrpc\":")
		os.Exit(1)
	case "exit":
		os.Exit(1)
	case "huge": // more than is read
		fmt.Printf("Content-Length: %d\r\n\r\n", 1<<40)
		return true
	case "endless": // a header without end
		for {
			fmt.Print("X-Header: more and more\r\n")
		}
	case "garbage":
		fmt.Print("these are no messages\r\n\r\n{}")
		return true
	case "badjson":
		fmt.Print("Content-Length: 4\r\n\r\n{]{]")
		return true
	case "wrongid":
		f.write(`"id":"x%s","result":[]`, strings.Trim(string(m.ID), `"`))
		f.write(`"id":999999,"result":[]`)
		return true
	case "refuse":
		f.write(`"id":%s,"error":{"code":-32801,"message":"content modified"}`, m.ID)
		return true
	case "slow":
		d, err := time.ParseDuration(rest)
		if err != nil {
			panic(err)
		}
		<-time.After(d)
	case "deaf": // fills the pipe and reads nothing any more
		for {
			f.write(`"id":1,"method":"workspace/workspaceFolders"`)
		}
	case "eat":
		n, _ := strconv.Atoi(rest)
		food := make([]byte, n<<20)
		for i := 0; i < len(food); i += 4096 {
			food[i] = 1
		}
		f.eaten = append(f.eaten, food)
	case "child":
		if err := exec.Command("/bin/sleep", rest).Start(); err != nil {
			panic(err)
		}
	case "look":
		_, err := os.ReadDir(rest)
		f.reply(m, []string{fmt.Sprintf("look_%t", err == nil)})
		return true
	case "ask":
		f.ask()
	}
	return false
}

// ask asks the client all that servers ask, and waits for the answers.
func (f *fake) ask() {
	for id, question := range []string{
		`"workspace/configuration","params":{"items":[{"section":"a.b"},{"section":"c"}]}`,
		`"client/registerCapability","params":{"registrations":[]}`,
		`"window/workDoneProgress/create","params":{"token":1}`,
		`"workspace/applyEdit","params":{"edit":{}}`,
		`"window/showDocument","params":{"uri":"file:///x"}`,
		`"strange/method"`,
		`"workspace/configuration","params":7`,
	} {
		f.write(`"id":%d,"method":%s`, id, question)
		for f.answers[id] == "" {
			f.serve(f.read())
		}
	}
}
