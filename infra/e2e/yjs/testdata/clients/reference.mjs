// The servers that come with the libraries, on the paths that ours are on, for
// trying the tests themselves. Usage: node reference.mjs [port]
//
//   /yjs/{room}            that of y-websocket
//   /hocuspocus            that of Hocuspocus
//   /refuse/{status}/…     answers with an HTTP status
//   /close/{code}/…        accepts, then closes
//   /joined/…              sends two messages in one frame
import http from 'node:http'
import { createRequire } from 'node:module'
import { WebSocketServer } from 'ws'

const require = createRequire(import.meta.url)
const { setupWSConnection } = require('y-websocket-1/bin/utils')
const { Hocuspocus } = require('@hocuspocus/server')

const host = '127.0.0.1'
const hocuspocus = new Hocuspocus({
  quiet: true,
  async onAuthenticate ({ token, connectionConfig }) {
    if (token === 'wrong') throw Object.assign(new Error(), { reason: 'a wrong token' }) // a message would be logged
    connectionConfig.readOnly = token === 'reader'
  }
})
const acceptor = new WebSocketServer({ noServer: true })

const parts = {
  yjs: (socket, request) => setupWSConnection(socket, request),
  hocuspocus (socket, request) {
    const connection = hocuspocus.handleConnection(socket, new Request(`http://${host}${request.url}`))
    socket.on('message', data => connection.handleMessage(new Uint8Array(data)))
    socket.on('close', (code, reason) => connection.handleClose({ code, reason: reason.toString() }))
  },
  close: (socket, _, code) => socket.close(Number(code), 'as asked'),
  joined: socket => socket.send(new Uint8Array([0, 0, 1, 0, 1, 1, 0]))
}

const server = http.createServer()
server.on('upgrade', (request, socket, head) => {
  const [, part, argument] = request.url.split('?')[0].split('/')
  if (part === 'refuse') return socket.end(`HTTP/1.1 ${argument} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
  acceptor.handleUpgrade(request, socket, head, accepted => parts[part](accepted, request, argument))
})
server.listen(Number(process.argv[2] ?? 0), host, () => console.log(JSON.stringify({ port: server.address().port })))
process.stdin.resume().on('end', () => process.exit(0))
