package patterns

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"unicode"
	"unicode/utf16"
)

var randomness = flag.Uint64("randomness", 0, "repeat the run that printed this number; 0 takes a new one")

const cases = 20_000

// question is a line of the oracle's input.
type question struct {
	Language string `json:"language"`
	Code     string `json:"code"`
	Cursor   int    `json:"cursor"` // in UTF-16 code units
	offset   int    // the same in bytes
}

// pieces are what random documents are made of: what the patterns look for,
// what could be taken for it, and every kind of character that Go and Python
// could see differently.
var pieces = []string{
	"def", "class", "for", "if", "while", "try", "import", "from", "with", "print", "=",
	"def ", "class ", "for ", "if ", "while ", "import ", "from ", "with ", "async def ", "==", "!=",
	"de", "ef", "prin", "t", "x", "_", "9", "#", "(", ".", "\"", "Import", "dеf",
	" ", "  ", "    ", "\t", "\n", "\n", "\r\n", "\r", "\v", "\f", "\x00", "\x1b",
	"\x1c", "\x1d", "\x1e", "\x1f", "\u0085", "\u00a0", "\u1680", "\u180e", "\u2003", "\u200b", "\u2028", "\u2029", "\u202f", "\u3000", "\ufeff",
	"é", "ß", "ª", "²", "½", "١", "Ⅷ", "中", "〇", "ไ", "\u0301", "\u0e31", "\u20dd", "\u203f", "€", "\ufffd",
	"\U00010400", "\U0001d7d8", "\U00020000", "\U0001f600", "\U0001f1e6", "\U000e0100",
}

func TestLegacy_AgreesWithPython(t *testing.T) {
	number := *randomness
	if number == 0 {
		number = rand.Uint64()
	}
	t.Logf("-randomness=%d", number)
	rng := rand.New(rand.NewPCG(number, 0))
	questions := make([]question, cases)
	var input bytes.Buffer
	encoder := json.NewEncoder(&input)
	for i := range questions {
		questions[i] = randomQuestion(rng)
		if err := encoder.Encode(questions[i]); err != nil {
			t.Fatal(err)
		}
	}
	answers := json.NewDecoder(bytes.NewReader(askPython(t, "suggest", &input)))
	found := 0
	for _, q := range questions {
		var answer []string
		if err := answers.Decode(&answer); err != nil {
			t.Fatal(err)
		}
		var text, word string
		if answer != nil {
			text, word = answer[0], answer[1]
			found++
		}
		if got := askLegacy(t, q.Language, q.Code, q.offset); got.Text != text || got.Trigger != word {
			t.Fatalf("%q, %q at %d: %+v; Python says %q", q.Language, q.Code, q.offset, got, answer)
		}
	}
	if found < cases/10 {
		t.Errorf("only %d of %d cases had a suggestion", found, cases)
	}
}

func randomQuestion(rng *rand.Rand) question {
	var code strings.Builder
	for range rng.IntN(10) {
		code.WriteString(pieces[rng.IntN(len(pieces))])
	}
	text := []rune(code.String())
	cursor := len(text)
	q := question{Language: "python", Code: code.String()}
	switch rng.IntN(20) {
	case 0, 1, 2, 3, 4, 5:
		cursor = rng.IntN(cursor + 1)
	case 8:
		q.Language = "Python"
	}
	q.offset = len(string(text[:cursor]))
	q.Cursor = len(utf16.Encode(text[:cursor]))
	return q
}

func TestCharacterClasses_AgreeWithPython(t *testing.T) {
	letters := strings.TrimSpace(string(askPython(t, "classes", &bytes.Buffer{})))
	if len(letters) != unicode.MaxRune+1 {
		t.Fatalf("%d code points, want %d", len(letters), unicode.MaxRune+1)
	}
	for r := range rune(len(letters)) {
		assigned := unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.C)
		if !assigned || letters[r] == '-' {
			continue // one of the two has newer tables
		}
		if got := classOf(r); got != letters[r] {
			t.Errorf("%U is %c, Python says %c", r, got, letters[r])
		}
	}
}

func classOf(r rune) byte {
	switch {
	case isSpace(r):
		return 's'
	case isWord(r):
		return 'w'
	default:
		return 'o'
	}
}

// askPython returns what testdata/oracle.py prints. Without a Python the test
// is skipped, or fails where everything is required.
func askPython(t *testing.T, mode string, input *bytes.Buffer) []byte {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("TUTTI_REQUIRE") == "all" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	command := exec.CommandContext(t.Context(), python, "testdata/oracle.py", mode)
	command.Stdin = input
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.Output()
	if err != nil {
		t.Fatal(fmt.Errorf("%w\n%s", err, complaints.Bytes()))
	}
	return output
}
