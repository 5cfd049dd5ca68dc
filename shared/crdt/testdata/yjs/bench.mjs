// Answers the questions of shared/crdt/comparison about yjs or ywasm: one
// request per line on stdin, one answer per line on stdout, both JSON.
// Usage: node --expose-gc bench.mjs yjs|ywasm <folder of sessions> <folder of made data> <true: how long the main thread ran>
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import readline from 'node:readline'
import zlib from 'node:zlib'

const [implementation, sessions, made, thread] = process.argv.slice(2)
const engine = (await import(`./bench-${implementation}.mjs`)).default
// clock returns milliseconds: of the clock, or those that the main thread ran,
// which the system brings up to date when the thread stops.
const moment = new Int32Array(new SharedArrayBuffer(4))
const clock = thread === 'true'
  ? () => { Atomics.wait(moment, 0, 0, 1); return parseInt(fs.readFileSync('/proc/self/schedstat')) / 1e6 }
  : () => performance.now()
const root = 'text'
const author = 1 // the client id of who makes local edits

// frames reads a count, then as many updates with their lengths.
const frames = data => {
  let at = 0
  const number = () => {
    for (let value = 0, factor = 1; ; factor *= 128) {
      const byte = data[at++]
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  return Array.from({ length: number() }, () => {
    const length = number()
    at += length
    return data.subarray(at - length, at)
  })
}
const read = file => new Uint8Array(fs.readFileSync(file))
const unzip = file => new Uint8Array(zlib.gunzipSync(fs.readFileSync(file)))
const digest = data => crypto.createHash('sha256').update(data).digest('hex').slice(0, 16)

const applyAll = (doc, updates) => {
  for (let i = 0; i < updates.length; i++) engine.apply(doc, updates[i])
  return doc
}

// A Session is a recorded one, its parts made when they are first needed.
class Session {
  constructor (name) {
    this.name = name
    this.state = unzip(path.join(sessions, name + '.v1.gz'))
    this.ten = read(path.join(made, name + '.ten')) // state vectors of who lacks the last 10 updates, or 1 %
    this.percent = read(path.join(made, name + '.percent'))
  }

  readUpdates () { return frames(unzip(path.join(sessions, this.name + '.updates.gz'))) }

  get updates () { return this.once('updates', () => this.readUpdates()) }
  get edits () { return this.once('edits', () => JSON.parse(fs.readFileSync(path.join(made, this.name + '.edits.json')))) }
  get doc () { return this.once('doc', () => applyAll(engine.create(), this.readUpdates())) }

  once (key, make) {
    const value = make()
    Object.defineProperty(this, key, { value })
    return value
  }
}

// Each measure returns the function to be timed, which returns a document, or
// bytes, to be checked.
const measures = {
  apply: s => { const { updates } = s; return () => applyAll(engine.create(), updates) },
  event: s => {
    const { updates } = s
    return () => { const doc = engine.create(); engine.listen(doc); return applyAll(doc, updates) }
  },
  delta: s => {
    const { updates } = s
    return () => { const doc = engine.create(); engine.listenToText(doc, root); return applyAll(doc, updates) }
  },
  local: s => localEdits(s, false),
  localEvent: s => localEdits(s, true),
  load: s => () => { const doc = engine.create(); engine.apply(doc, s.state); return doc },
  encode: ({ doc }) => () => engine.state(doc),
  text: ({ doc }) => () => { engine.text(doc, root) },
  vector: ({ doc }) => () => engine.vector(doc),
  diffPercent: s => { const { doc, percent } = s; return () => engine.state(doc, percent) },
  diffTen: s => { const { doc, ten } = s; return () => engine.state(doc, ten) },
  merge: s => { const last = s.readUpdates().slice(-1000); return () => engine.merge(last) },
  cut: s => { const { state, percent } = s; return () => engine.cut(state, percent) },
  vectorOf: s => () => engine.vectorOf(s.state)
}

const localEdits = (session, heard) => {
  const { edits } = session
  return () => {
    const doc = engine.author(author)
    if (heard) engine.listen(doc)
    for (let i = 0; i < edits.length; i++) engine.edit(doc, root, edits[i])
    return doc
  }
}

// needs says what a measure works on. What another worked on is dropped
// before: a large heap makes collecting garbage slow.
const needs = measure => ['apply', 'event', 'delta'].includes(measure) ? 'updates' : measure.startsWith('local') ? 'edits' : 'doc'

let current
let currentKey
const session = (name, measure) => {
  const key = name + ' ' + needs(measure)
  if (currentKey !== key) {
    current = new Session(name)
    currentKey = key
  }
  return current
}

// discard gives back what a language without a collector would keep.
const discard = result => { if (result && !(result instanceof Uint8Array)) engine.free(result) }

const time = ({ measure, trace, times, check }) => {
  const run = measures[measure](session(trace, measure))
  global.gc()
  let result
  const start = clock()
  for (let i = 0; i < times; i++) {
    discard(result)
    result = run()
  }
  const answer = { ms: (clock() - start) / times }
  if (check && result instanceof Uint8Array) answer.bytes = digest(result)
  else if (check && result) Object.assign(answer, { bytes: digest(engine.state(result)), text: digest(engine.text(result, root)) })
  discard(result)
  return answer
}

const costly = ({ trace, check }) => {
  const doc = applyAll(engine.create(), frames(read(path.join(made, trace + '.setup'))))
  const updates = frames(read(path.join(made, trace + '.updates')))
  global.gc()
  const answer = {}
  const start = clock()
  try {
    applyAll(doc, updates)
  } catch (error) {
    answer.refused = error.name
  }
  answer.ms = clock() - start
  if (check && !answer.refused) answer.bytes = digest(engine.state(doc))
  return answer
}

const settle = async () => {
  for (let i = 0; i < 4; i++) {
    global.gc()
    await new Promise(resolve => setTimeout(resolve, 20)) // finalizers run between turns of the loop
  }
}

// memory measures what documents hold. The updates are read after the first
// reading and dropped before the second: they are none of it.
const memory = async ({ updates: source, times }) => {
  const build = updates => { const doc = applyAll(engine.create(), updates); engine.touch(doc, root); return doc }
  const fill = (docs, count) => {
    const updates = source.file.endsWith('.gz') ? unzip(source.file) : read(source.file)
    const list = source.framed ? frames(updates).slice(0, source.first || undefined) : [updates]
    while (docs.length < count) docs.push(build(list))
  }
  // What the first document costs once, such as compiled code, is no part of it.
  if (engine.collected) fill([], 1)
  await settle()
  const before = [engine.held(), process.memoryUsage().rss]
  const docs = []
  fill(docs, times)
  await settle()
  const answer = { heap: (engine.held() - before[0]) / times, rss: (process.memoryUsage().rss - before[1]) / times }
  docs.length = 0
  return answer
}

const version = name => JSON.parse(fs.readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url))).version
const others = {
  hello: () => ({ version: `${implementation} ${version(implementation)} on Node ${process.version}` }),
  costly,
  memory
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const request = JSON.parse(line)
  let answer
  try {
    answer = await (others[request.measure] ?? time)(request)
  } catch (error) {
    answer = { error: error.stack }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
