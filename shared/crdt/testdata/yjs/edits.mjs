// Random edits of a yjs document.
import * as Y from 'yjs'
import * as v from './values.mjs'

const LONG = 160 // units: longer texts are rather cut than grown

// edit makes one transaction of a client.
export function edit (gen, client) {
  const { doc, session } = client
  if (client.undo && v.chance(gen, 0.2)) {
    if (v.chance(gen, 0.5)) client.undo.stopCapturing()
    return v.chance(gen, 0.6) ? client.undo.undo() : client.undo.redo()
  }
  doc.transact(() => {
    do editType(gen, client, v.chance(gen, session.inText) ? root(gen, client) : v.oneOf(gen, types(doc)))
    while (v.chance(gen, session.multi))
  })
}

const root = (gen, { doc, session }) => doc.getText(v.oneOf(gen, session.roots))

// types lists what is alive in a document.
function types (doc) {
  const found = []
  const visit = type => {
    found.push(type)
    for (let item = type._start; item !== null; item = item.right) visitItem(item)
    type._map.forEach(visitItem)
  }
  const visitItem = item => { if (!item.deleted && item.content instanceof Y.ContentType) visit(item.content.type) }
  doc.share.forEach(visit)
  return found
}

function editType (gen, client, type) {
  if (type instanceof Y.Text) return editText(gen, client, type)
  if (type instanceof Y.Array) return editArray(gen, client, type)
  if (type instanceof Y.Map) return editMap(gen, client, type)
  if (type instanceof Y.XmlFragment) return editXml(gen, client, type)
}

// position is where several clients are likely to meet.
const position = (gen, { session }, length) => v.upTo(gen, v.chance(gen, 0.2) ? length : Math.min(length, session.crowd))

const ATTRIBUTES = [
  { bold: true }, { bold: null }, { em: true }, { em: null }, { color: 'red' }, { color: 'blüe', bold: true }, { link: { href: 'x', n: [1] } }
]
const attributes = gen => ({ ...v.oneOf(gen, ATTRIBUTES) }) // yjs adds to what it is given

function editText (gen, client, text) {
  const { session } = client
  const isRoot = session.roots.some(name => client.doc.share.get(name) === text)
  const rich = !isRoot || session.rich
  const long = text.length > LONG
  const at = position(gen, client, text.length)
  const maybe = rich && v.chance(gen, 0.3) ? attributes(gen) : undefined
  switch (v.weighted(gen, {
    insert: long ? 3 : 10,
    delete: long ? 12 : 5,
    format: rich ? 3 : 0,
    embed: isRoot ? session.embeds : 1,
    attribute: session.kinds ? 0.5 : 0,
    delta: rich ? 1 : 0,
    raw: session.kinds && rich ? 0.3 : 0
  })) {
    case 'insert': return text.insert(at, v.text(gen, session.style), maybe)
    case 'delete': return remove(gen, client, text)
    case 'format': return text.format(at, v.upTo(gen, Math.min(8, text.length - at)), attributes(gen))
    case 'embed': return text.insertEmbed(at, session.kinds && v.chance(gen, 0.5) ? v.type(gen, 1) : (v.plain(gen) ?? {}), maybe)
    case 'attribute': return editAttributes(gen, text)
    case 'raw': return insertRaw(gen, client, text)
    default: return text.applyDelta([...(at ? [{ retain: at }] : []), { insert: v.text(gen, session.style), attributes: attributes(gen) }])
  }
}

function remove (gen, client, list) {
  if (list.length === 0) return
  const at = Math.min(position(gen, client, list.length), list.length - 1)
  const few = v.chance(gen, 0.9) ? 5 : list.length
  list.delete(at, 1 + v.upTo(gen, Math.min(few, list.length - at) - 1))
}

function editAttributes (gen, type) {
  const key = v.oneOf(gen, v.KEYS)
  v.chance(gen, 0.75) ? type.setAttribute(key, v.chance(gen, 0.5) ? v.text(gen, 'halves') : v.content(gen, 1)) : type.removeAttribute(key)
}

function editArray (gen, client, array) {
  switch (v.weighted(gen, { insert: array.length > 30 ? 2 : 8, delete: 4, raw: 1 })) {
    case 'insert': return array.insert(position(gen, client, array.length), Array.from({ length: 1 + v.upTo(gen, 3) }, () => v.listable(gen)))
    case 'delete': return remove(gen, client, array)
    default: return insertRaw(gen, client, array)
  }
}

function editMap (gen, client, map) {
  const key = v.oneOf(gen, v.KEYS.slice(0, client.session.keys))
  if (v.chance(gen, 0.7)) map.set(key, v.content(gen))
  else if (map.has(key) || v.chance(gen, 0.1)) map.delete(key)
}

function editXml (gen, client, xml) {
  if (xml instanceof Y.XmlElement && v.chance(gen, 0.3)) return editAttributes(gen, xml)
  if (v.chance(gen, 0.35) || xml.length > 20) return remove(gen, client, xml)
  xml.insert(position(gen, client, xml.length), Array.from({ length: 1 + v.upTo(gen, 1) }, () => v.node(gen)))
}

// insertRaw inserts content that yjs only reads nowadays: JSON of the first versions. It also is how
// text gets content that has no place there, as when two clients take one root for different types.
function insertRaw (gen, { doc }, parent) {
  const old = v.chance(gen, 0.6)
  const values = Array.from({ length: 1 + v.upTo(gen, 2) }, () => old ? (v.chance(gen, 0.2) ? undefined : v.plain(gen)) : v.any(gen))
  const content = old ? new Y.ContentJSON(values) : new Y.ContentAny(values)
  doc.transact(tr => {
    let left = null
    for (let item = parent._start; item !== null && v.chance(gen, 0.7); item = item.right) left = item
    const right = left === null ? parent._start : left.right
    const id = Y.createID(doc.clientID, Y.getState(doc.store, doc.clientID))
    new Y.Item(id, left, left && left.lastId, right, right && right.id, parent, null, content).integrate(tr, 0)
    parent._searchMarker?.splice(0) // they know nothing of it
  })
}
