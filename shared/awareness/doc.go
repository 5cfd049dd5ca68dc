// Package awareness is what clients of a document say of themselves while they
// are there: a name, a colour, a cursor. It reads and writes the awareness
// updates of Yjs (y-protocols) and keeps what they add up to. It knows nothing
// of networks and has no clock: who calls it decides when a client is gone.
//
// # The rules
//
// Each client has a number of its own, its clock, and raises it whenever it says
// something new. The entry with the highest clock counts, so updates may come in
// any order and as often as they like. Only the client itself raises its clock;
// anybody may say that it is gone, with the last clock known and no state, and
// that wins over the state of the same clock. A client that hears this of itself
// says the same as before with a higher clock.
//
// A clock outlives the state. Clients pass on what they hear, so states of a
// client that has left still arrive, and must not bring it back. [States] keeps
// the clocks of those who left last.
//
// A client begins with an empty state at clock 0, which is never accepted: who is
// unknown counts as one whose clock is 0. It shows with its first real state.
// A client that was forgotten is unknown again.
//
// # Whom to trust
//
// Nobody: [Decode] checks the form of all that it reads, and [Limits] bound it.
// But client ids and clocks are claims, and [States.Apply] believes them. An
// entry with a high clock silences the client whose id it bears, and each unknown
// id takes memory. Who serves connections must decide which ids each of them may
// speak for, and how many.
//
// # Where it differs from y-protocols
//
//   - A refused update changes nothing. y-protocols applies it up to the fault.
//   - States are kept as they were written, where y-protocols parses them and
//     writes them anew. What JSON.stringify has written stays as it is in both.
//   - States are objects. y-protocols takes any JSON value.
//   - Clocks end at 2^31, not at 2^53-1.
//   - Clocks of clients that are gone are kept for the last thousand or so, not
//     for ever.
//
// Source: awareness.js of y-protocols 1.0.7 (github.com/yjs/y-protocols).
package awareness
