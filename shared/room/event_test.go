package room

import "testing"

func TestEvent_RollWithSomebodyUnreadable_HasTheOthers(t *testing.T) {
	event, err := parseEvent("all 7-3 abc\n" + `[{"id":"a","color":7},{"id":"b","color":"#26C"},"c",{"name":"nobody"}]`)
	roll, ok := event.(Roll)
	if err != nil || !ok || len(roll.People) != 1 || roll.People[0].ID != "b" || roll.Head != (Position{"7", 3, "abc"}) {
		t.Errorf("got %+v, %v", event, err)
	}
}

func TestEvent_OfALaterVersion_IsNone(t *testing.T) {
	if event, err := parseEvent("shout 1 2\nhello"); event != nil || err != nil {
		t.Errorf("got %+v, %v", event, err)
	}
}
