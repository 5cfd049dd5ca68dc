// What the comparison does with documents, in ywasm: yrs, the Rust Yjs, as
// WebAssembly. It has no part for what its package does not offer.
import W from 'ywasm'

let seen = 0

export default {
  create: () => new W.YDoc({}),
  author: id => new W.YDoc({ clientID: id }),
  free: doc => doc.free(),
  apply: (doc, update) => W.applyUpdate(doc, update, null),
  state: (doc, vector) => W.encodeStateAsUpdate(doc, vector),
  vector: doc => W.encodeStateVector(doc),
  touch: (doc, root) => doc.getText(root),
  text: (doc, root) => doc.getText(root).toString(undefined),
  listen: doc => doc.onUpdate(update => { seen += update.length }),
  listenToText: (doc, root) => doc.getText(root).observe(event => { seen += event.delta.length }),
  collected: false, // its memory only grows: what is freed would hide what is held
  held: () => W.__wasm.memory.buffer.byteLength
}
