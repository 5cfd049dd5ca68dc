// A session: some people edit copies of a document, and a mirror gets what they
// made late, twice, out of order, joined, cut or not at all. It follows from its seed alone.
import * as encoding from 'lib0/encoding'
import * as prng from 'lib0/prng'
import * as Y from 'yjs'
import { edit } from './edits.mjs'
import { Mirror, randomEdit } from './mirror.mjs'
import * as questions from './questions.mjs'
import * as v from './values.mjs'
import { wild } from './wild.mjs'

const NET = 'net' // the origin of what a client did not make itself
const MAP = 'map'
const RELOADS = 2 // at most

// settings of a session: each looks for trouble at another place.
function settings (gen) {
  const kind = v.weighted(gen, { plain: 35, rich: 15, types: 25, mixed: 20, wild: 5 })
  const inText = { plain: 1, rich: 0.9, types: 0.15, mixed: 0.6, wild: 0.7 }[kind]
  const rich = kind === 'rich' || (kind === 'mixed' && v.chance(gen, 0.6))
  return {
    kind,
    inText,
    rich,
    kinds: kind === 'types' || kind === 'mixed',
    embeds: kind === 'plain' ? 0 : 1,
    authors: !rich && kind !== 'wild' && v.chance(gen, kind === 'plain' ? 0.6 : 0.4),
    roots: v.oneOf(gen, [['text'], ['text'], ['monaco'], ['text', 'other'], ['ü👾'], ['']]),
    clients: 2 + v.upTo(gen, v.oneOf(gen, [0, 1, 4])),
    steps: v.oneOf(gen, [12, 25, 40, 60, v.chance(gen, 0.1) ? 150 : 30]),
    crowd: v.oneOf(gen, [0, 1, 3, 8, 1000]),
    multi: v.oneOf(gen, [0, 0.2, 0.6]),
    style: v.oneOf(gen, ['ascii', 'any', 'halves']),
    keys: v.oneOf(gen, [1, 2, v.KEYS.length]),
    ids: v.oneOf(gen, ['32', '32', '53', 'tiny']),
    order: v.oneOf(gen, ['calm', 'calm', 'rough', 'chaos']),
    late: v.chance(gen, 0.1)
  }
}

function clientIDs (gen, kind, n) {
  const ids = new Set()
  while (ids.size < n) {
    if (kind === 'tiny') ids.add(v.upTo(gen, 20))
    else if (kind === '53' && v.chance(gen, 0.6)) ids.add(prng.uint53(gen, 2 ** 32, Number.MAX_SAFE_INTEGER))
    else ids.add(prng.uint32(gen, 1, 2 ** 32 - 1))
  }
  return v.shuffled(gen, [...ids])
}

export function run (seed) {
  const gen = prng.create(seed)
  const session = settings(gen)
  const ids = clientIDs(gen, session.ids, session.clients + 3 + RELOADS)
  const mirror = new Mirror(ids.pop(), session.roots, MAP)
  writeHeader(mirror, session)
  try {
    new Session(gen, session, ids, mirror).run()
  } catch (err) {
    return mirror.end(err.stack)
  }
  return mirror.end('')
}

export function writeHeader (mirror, session) {
  const e = mirror.record
  encoding.writeVarUint(e, mirror.clientID)
  encoding.writeVarUint(e, session.late ? 1 : 0)
  encoding.writeVarUint(e, session.roots.length)
  for (const root of session.roots) encoding.writeVarString(e, root)
  encoding.writeVarString(e, MAP)
  encoding.writeVarString(e, JSON.stringify(session))
  mirror.ends()
}

class Session {
  constructor (gen, session, ids, mirror) {
    Object.assign(this, { gen, session, mirror })
    this.strangers = new Map([[ids.pop(), 0], [ids.pop(), 0]])
    this.log = [] // every update that was made
    this.waiting = [] // those that the mirror has not had
    this.spare = ids.splice(0, RELOADS)
    this.clients = ids.map(id => this.client(id))
    this.questions = new questions.Questions(gen, this)
  }

  client (id) {
    const { gen, session } = this
    const doc = new Y.Doc({ gc: v.chance(gen, 0.85) })
    doc.clientID = id
    const roots = session.roots.map(name => doc.getText(name))
    if (session.kinds) roots.push(doc.getMap(MAP), doc.getArray('array'), doc.getXmlFragment('xml'))
    const captureTimeout = v.oneOf(gen, [0, 1e15]) // never anything between: a session does not depend on time
    const undo = v.chance(gen, 0.35) ? new Y.UndoManager(roots, { captureTimeout }) : null
    doc.on('update', (update, origin) => { if (origin !== NET) this.made(update) })
    return { doc, session, undo }
  }

  made (update) {
    this.log.push(update)
    this.waiting.push(update)
  }

  run () {
    const { gen, session, mirror } = this
    for (let step = 0; step < session.steps; step++) {
      edit(gen, v.oneOf(gen, this.clients))
      if (v.chance(gen, 0.4)) this.hear(v.oneOf(gen, this.clients))
      if (session.authors && v.chance(gen, 0.4)) this.author()
      while (v.chance(gen, 0.45)) this.give(this.next())
      if (v.chance(gen, 0.02) && this.spare.length > 0) this.step(() => mirror.reload(this.spare.pop()))
    }
    this.finish()
  }

  step (make) {
    make()
    this.mirror.note()
    this.questions.ask()
    this.mirror.ends()
  }

  give (update) {
    if (update !== null) this.step(() => this.mirror.apply(update))
  }

  // author lets the mirror itself edit, as a server does for those who have no document.
  author () {
    const { gen, mirror } = this
    let length = mirror.texts[0].length
    const ops = []
    do {
      const op = randomEdit(gen, length, this.session)
      length += op.grows
      ops.push(op)
    } while (v.chance(gen, 0.3))
    this.step(() => {
      const update = mirror.edit(ops)
      if (update.length > 0) this.log.push(update)
    })
  }

  // hear gives a client something that others made.
  hear ({ doc }) {
    const { gen, log } = this
    const sv = Y.encodeStateVector(doc)
    const others = this.clients.map(client => client.doc).filter(other => other !== doc)
    if (this.session.authors) others.push(this.mirror.doc)
    const update = v.chance(gen, 0.4) && log.length > 0 ? v.oneOf(gen, log) : Y.encodeStateAsUpdate(v.oneOf(gen, others), sv)
    Y.applyUpdate(doc, update, NET)
  }

  // next is what the mirror gets next, or null.
  next () {
    const { gen, log, waiting, mirror } = this
    const rough = { calm: 0.1, rough: 0.5, chaos: 1 }[this.session.order]
    const how = v.weighted(gen, {
      first: 10,
      any: 8 * rough,
      again: 2 * rough,
      merged: 3 * rough,
      cut: 2 * rough,
      lost: rough,
      missing: 1 + rough,
      whole: 0.5 * rough,
      odd: rough,
      wild: this.session.kind === 'wild' ? 6 : 0,
      nothing: 0.1
    })
    const any = () => v.oneOf(gen, this.clients).doc
    switch (how) {
      case 'first': return waiting.shift() ?? null
      case 'any': return this.take()
      case 'again': return log.length > 0 ? v.oneOf(gen, log) : null
      case 'merged': return this.merged()
      case 'cut': return Y.diffUpdate(this.merged(), v.chance(gen, 0.5) ? Y.encodeStateVector(mirror.doc) : questions.stateVector(gen, mirror.doc))
      case 'lost': this.take(); return null
      case 'missing': return Y.encodeStateAsUpdate(any(), Y.encodeStateVector(mirror.doc))
      case 'whole': return Y.encodeStateAsUpdate(any())
      case 'odd': return Y.encodeStateAsUpdate(any(), questions.stateVector(gen, mirror.doc))
      case 'wild': return wild(gen, mirror.doc, this.strangers)
      default: return new Uint8Array([0, 0])
    }
  }

  // take takes any of what waits.
  take () {
    const { gen, waiting } = this
    return waiting.length > 0 ? waiting.splice(v.upTo(gen, waiting.length - 1), 1)[0] : null
  }

  // merged joins some of what waits or was there.
  merged () {
    const { gen, log } = this
    const some = []
    do some.push((v.chance(gen, 0.8) && this.take()) || v.oneOf(gen, log.length > 0 ? log : [new Uint8Array([0, 0])]))
    while (v.chance(gen, 0.7))
    return Y.mergeUpdates(some)
  }

  // finish gives the mirror all that is left.
  finish () {
    for (const update of v.shuffled(this.gen, this.waiting)) this.give(update)
    for (const { doc } of this.clients) this.give(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(this.mirror.doc)))
  }
}
