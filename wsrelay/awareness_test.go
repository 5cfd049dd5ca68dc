package wsrelay

import "testing"

func TestPlace_AndIndexAreEachOthersInverse(t *testing.T) {
	const text = "one\n👩‍💻 é\n\nlast"
	for at := range 18 {
		line, column := place(text, at)
		if got := index(text, line, column); got != at && at != 5 && at != 8 { // which are within a character
			t.Errorf("index %d is line %d column %d, which is index %d", at, line, column, got)
		}
	}
	for _, c := range []struct{ line, column, want int }{
		{1, 1, 0}, {1, 4, 3}, {1, 99, 3}, {2, 1, 4}, {2, 0, 4}, {3, 7, 12}, {9, 1, 13}, {9, 99, 17},
	} {
		if got := index(text, c.line, c.column); got != c.want {
			t.Errorf("line %d column %d is index %d, want %d", c.line, c.column, got, c.want)
		}
	}
}

func TestReadState_TakesWhatItCan(t *testing.T) {
	for text, want := range map[string]string{
		`{"user":{"name":"Ada","color":"#123456"},"cursor":null}`: "Ada",
		`{"user":"Ada","selection":7}`:                            "",
		`{"user":{"name":5,"color":"red"},"cursor":{"head":"x"}}`: "",
		`[]`: "",
		``:   "",
	} {
		s := readState(text)
		if s.User.Name != want || s.caret() != nil {
			t.Errorf("%s: %+v", text, s)
		}
	}
}
