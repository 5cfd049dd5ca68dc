package wsrelay

import "testing"

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
