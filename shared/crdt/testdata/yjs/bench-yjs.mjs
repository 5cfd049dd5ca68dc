// What the comparison does with documents, in yjs.
import * as Y from 'yjs'

let seen = 0 // so that what is reported is also looked at

export default {
  create: () => new Y.Doc(),
  author: id => { const doc = new Y.Doc(); doc.clientID = id; return doc },
  free: doc => doc.destroy(),
  apply: (doc, update) => Y.applyUpdate(doc, update),
  state: (doc, vector) => Y.encodeStateAsUpdate(doc, vector),
  vector: doc => Y.encodeStateVector(doc),
  touch: (doc, root) => doc.getText(root),
  text: (doc, root) => doc.getText(root).toString(),
  listen: doc => doc.on('update', update => { seen += update.length }),
  listenToText: (doc, root) => doc.getText(root).observe(event => { seen += event.delta.length }),
  edit: (doc, root, edits) => {
    const text = doc.getText(root)
    doc.transact(() => {
      for (const { at, remove, insert } of edits) {
        if (remove > 0) text.delete(at, remove)
        if (insert !== '') text.insert(at, insert)
      }
    })
  },
  merge: updates => Y.mergeUpdates(updates),
  cut: (update, vector) => Y.diffUpdate(update, vector),
  vectorOf: update => Y.encodeStateVectorFromUpdate(update),
  collected: true,
  held: () => process.memoryUsage().heapUsed
}
