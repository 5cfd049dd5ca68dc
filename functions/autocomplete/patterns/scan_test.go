package patterns

import (
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"testing"
)

// The scanner of the standard library must see comments and strings in the same places
// of this package's files.
func TestView_AgreesWithTheScannerOfGo(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	inside, outside := 0, 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		hidden := hiddenPlaces(text)
		for i := 0; i < len(text); i += 5 {
			if got := goSyntax.view(string(text[:i])).code; got == hidden[i] {
				t.Fatalf("%s: %q: code: %t", path, text[max(0, i-40):i], got)
			}
			if hidden[i] {
				inside++
			} else {
				outside++
			}
		}
	}
	if inside < 1000 || outside < 1000 {
		t.Errorf("%d places in comments and strings, %d elsewhere", inside, outside)
	}
}

// hiddenPlaces tells by offset which places of a Go file are in a comment or a string.
func hiddenPlaces(text []byte) []bool {
	hidden := make([]bool, len(text)+1)
	file := token.NewFileSet().AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, scanner.ScanComments)
	for {
		pos, kind, literal := s.Scan()
		begin := file.Offset(pos) + 1
		end := file.Offset(pos) + len(literal)
		switch kind {
		case token.EOF:
			return hidden
		case token.COMMENT:
			begin++ // a slash alone divides
			if literal[1] == '/' {
				end++ // the place before the line break is one in the comment
			}
		case token.STRING, token.CHAR:
		default:
			continue
		}
		for i := begin; i < end; i++ {
			hidden[i] = true
		}
	}
}
