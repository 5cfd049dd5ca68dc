// Real clients in one process. A command per line on stdin, and on stdout a
// line for each answer and for each thing that happens, all in JSON:
//
//   {"id":1,"do":"open","client":"a","library":"y-websocket-3.1","url":"ws://…","room":"…"}
//   {"id":1,"value":1234}                                         or "error"
//   {"client":"a","event":"status","status":"connected"}
import readline from 'node:readline'
import { Client, commands } from './client.mjs'

const clients = new Map()

const say = line => process.stdout.write(JSON.stringify(line) + '\n')
const complain = (...words) => say({ event: 'complaint', message: words.map(w => w?.stack ?? String(w)).join(' ') })

// What libraries write for people to read is for tests to see.
for (const level of ['log', 'info', 'warn', 'error']) console[level] = complain
process.on('uncaughtException', complain)
process.on('unhandledRejection', complain)
process.setMaxListeners(0) // y-websocket has one per client

function open ({ client: name, beside, ...options }) {
  const tell = (event, about) => say({ client: name, event, ...about })
  const client = new Client(options, clients.get(beside), tell)
  clients.set(name, client)
  return client.doc.clientID
}

function run (command) {
  if (command.do === 'open') return open(command)
  if (!commands.has(command.do)) throw new Error(`there is no command ${command.do}`)
  return clients.get(command.client)[command.do](command)
}

// answer runs a command. That connect has an end in hocuspocus is not waited for.
function answer (command) {
  try {
    const value = run(command)
    say({ id: command.id, value: value instanceof Promise ? null : value ?? null })
  } catch (error) {
    say({ id: command.id, error: error.stack })
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) answer(JSON.parse(line))
process.exit(0)
