// Package crdt is a replica of a Yjs document: it reads and writes the updates
// of Yjs 13 (format V1) and, given the same updates, holds the same text and
// writes the same bytes. It edits plain text and carries everything else that a
// Yjs client may put in a document, such as maps, arrays, XML and text
// attributes, without losing a byte. It knows nothing of networks or storage.
//
// # The idea
//
// People edit the same text at once, without a lock. What each types must not
// be lost, and all must see the same text in the end, whatever order the edits
// arrive in. So an edit does not say "insert x at 17", which means something
// else once others have typed. Every unit of text, a UTF-16 unit as in
// JavaScript, gets a name for life, an [ID]: who made it (client) and the
// how-manieth of theirs it was (clock). An insertion says "put x between these
// two units". A deletion names the units to delete.
//
// From that follows all the rest:
//
//   - Applying an edit twice changes nothing: its names are known already. An
//     edit that refers to unknown names waits until they arrive. So updates may
//     come in any order and as often as they like.
//   - What a replica has is told by one number for each client, the clock
//     expected next: the state vector. A peer answers it with what is missing.
//   - Nothing that others may refer to can vanish. Deleted units stay as
//     tombstones, of which only the number is kept.
//
// # Items
//
// A name for each letter would be dear. What a client types in one go has
// consecutive clocks and consecutive places, so it is kept as one item: the name
// of its first unit, its length, its text, and two more names, which are those
// of the units left of its first (origin) and right of its last (right origin)
// at the time of typing. An item is cut in two when someone types into it, and
// two are joined when nothing says they were ever apart; both change nothing
// that can be seen. The structs of an update are such items.
//
//	"helo" by client 7, then client 9 puts an "l" after the third:
//
//	[7:0 "hel"] ⇄ [9:0 "l", origin 7:2, right origin 7:3] ⇄ [7:3 "o", origin 7:2]
//
// Items of a list are linked in the order of the document, and each client's
// are kept in the order of clocks, where they are found by name. An item that
// carries a nested type is the head of further lists; the values of a map key
// are a list too, of which the last one counts.
//
// # Two people at one place
//
// If two people put something between the same two units, their order is
// decided by a rule that every replica computes alike from the two origins and
// the client ids: this is the YATA algorithm with the right origins that Yjs
// added to it. All of it is in Doc.slot, in integrate.go, with the reasons.
//
// # An update, step by step
//
// [Doc.ApplyUpdate] reads the whole update and checks it (update.go,
// content.go). It plans which structs can be integrated, and in which order,
// from clocks alone (plan.go): up to here it may refuse, and has changed
// nothing. Then it integrates them (integrate.go), deletes what the delete set
// names (delete.go), and takes up what was waiting (pending.go). In the end it
// drops what is deleted, joins neighbours (neighbours.go), works out what
// happened to the texts (delta.go) and tells those who asked (transaction.go).
// Where Yjs leaves two neighbours apart, so do we: equal structs are equal
// bytes, and equal bytes are what the tests compare.
//
// # How it is kept
//
// Rooms are many and most keystrokes are alike, so memory is laid out for them.
// Items are values of 48 bytes in one array (item.go) and refer to each other by
// index; the garbage collector finds no pointer there to follow. The text of a
// root is not in the items but in the leaves of a flat rope, beside the items it
// belongs to (rope.go, leaf.go): a position is found by adding up leaves, and
// typing moves at most some kilobytes. The two most frequent changes, a letter
// typed behind the last one and the last letter deleted, only move a boundary
// (Doc.extend, Doc.backspace) and allocate nothing.
//
// # Half a character
//
// Positions count UTF-16 units, and characters outside the basic plane have
// two. When an edit goes between the two, each half becomes U+FFFD, in all
// replicas: half a character cannot be written in UTF-8, and the length must
// not change. Yjs does not tell its observers; [TextChange] does, in Broken.
//
// # Whom to trust
//
// Nobody: updates come from clients. Their ids and clocks are claims. No number
// in an update decides an allocation, nothing recurses as deeply as an update
// says, and [Limits] bound what is kept. What a hostile writer can still do is
// what any writer can: delete the text, or use another client's id, whose later
// edits are then taken for known. Time is bounded for what editors do, and for the
// attacks that are known on Yjs; but the ordering rule is quadratic in what is put
// between the same units, and 60 kB made for it keep one core busy for two
// seconds. A room's relay must decide who may write, and how long for.
//
// # Where it differs from Yjs
//
//   - A refused update changes nothing. Yjs applies a truncated one up to where
//     it ends.
//   - Empty structs are dropped; Yjs keeps them and stumbles later.
//   - Clocks end at 2^31-1, not 2^53-1.
//   - A server with Yjs deletes redundant text attributes after each change.
//     This package leaves that to the clients, who do it as well.
//   - JSON, any values and options of subdocuments are kept as they were
//     written, where Yjs would write them anew in its own way.
//   - When updates are merged that hold different versions of a struct, one of
//     them garbage collected, the one that is kept may be another.
//
// # Sources
//
// Nicolaescu, Jahns, Derntl, Klamma: Near Real-Time Peer-to-Peer Shared Editing
// on Extensible Data Types (GROUP 2016), for YATA. The source of Yjs 13.6.33 and
// lib0 0.2.120 (github.com/yjs/yjs, src/structs/Item.js, src/utils), for
// everything that must be the same; comments name the function where it helps.
// Joseph Gentle, reference-crdts (github.com/josephg/reference-crdts), for the
// clearest account of the ordering rule, and the blog post "CRDTs go brrr", for
// what a flat memory layout is worth.
package crdt
