package room

import (
	"testing"

	"github.com/tutti-live/tutti/shared/redistest"
)

// The old master goes on for a while as if nothing had happened, and whoever
// listens to it hears nothing.
func TestSentinels_AnOrderlyFailover(t *testing.T) {
	watched := redistest.Sentinel(t)
	checkHeals(t, watched.URL, []string{"abcdef", "123456"}, watched.Failover)
}

func TestSentinels_TheMasterDies(t *testing.T) {
	watched := redistest.Sentinel(t)
	checkHeals(t, watched.URL, []string{"abcdef", "123456"}, watched.KillMaster)
}

// Nobody says that a connection has ended.
func TestSentinels_TheMasterFallsSilent(t *testing.T) {
	watched := redistest.Sentinel(t)
	checkHeals(t, watched.URL, []string{"abcdef", "123456"}, watched.StallMaster)
}
