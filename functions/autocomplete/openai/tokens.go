package openai

import (
	"net/netip"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// maxClients bounds whose use is remembered. Who is forgotten has used nothing.
const maxClients = 10_000

// allowance is how many tokens may be used, by the process and by each client. It
// refills steadily, and a minute's worth may be used at once.
type allowance struct {
	mu      sync.Mutex
	all     account
	clients *lru.Cache[netip.Addr, *account]
	each    float64 // tokens per minute of one client
}

// account is a bucket of tokens. What turns out to have cost more is owed.
type account struct {
	perMinute float64
	left      float64
	at        time.Time // when left was right
}

func newAllowance(all, each int) *allowance {
	clients, err := lru.New[netip.Addr, *account](maxClients)
	if err != nil { // only for a size that is not positive
		panic(err)
	}
	return &allowance{all: newAccount(float64(all)), clients: clients, each: float64(each)}
}

func newAccount(perMinute float64) account {
	return account{perMinute: perMinute, left: perMinute, at: time.Now()}
}

func (a *account) refill(now time.Time) {
	a.left = min(a.perMinute, a.left+now.Sub(a.at).Minutes()*a.perMinute)
	a.at = now
}

// take takes tokens for a client, or reports that they are used up. One question may
// be asked with a full bucket even if it is larger.
func (a *allowance) take(client netip.Addr, tokens int) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	its, found := a.clients.Get(client)
	if !found {
		fresh := newAccount(a.each)
		its = &fresh
		a.clients.Add(client, its)
	}
	now, n := time.Now(), float64(tokens)
	for _, account := range []*account{&a.all, its} {
		account.refill(now)
		if account.left < min(n, account.perMinute) {
			return false
		}
	}
	a.all.left -= n
	its.left -= n
	return true
}

// correct says that a question of a client cost more tokens than were taken, or fewer.
func (a *allowance) correct(client netip.Addr, more int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	accounts := []*account{&a.all}
	if its, found := a.clients.Get(client); found {
		accounts = append(accounts, its)
	}
	for _, account := range accounts {
		account.left = min(account.perMinute, account.left-float64(more))
	}
}
