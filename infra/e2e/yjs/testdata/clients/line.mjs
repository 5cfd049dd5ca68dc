// The sockets of a client, one after the other, and what goes over them.
import { WebSocket } from 'ws'
import { read } from './frames.mjs'

export class Line {
  traffic = { sockets: 0, frames: 0, bytes: 0, last: 0, kinds: {} }
  socket = null // the newest

  // emit tells what happens; soon tells it a little later, once for many times.
  constructor ({ named, origin, emit, soon, complain }) {
    Object.assign(this, { named, emit, soon, complain })
    const line = this
    this.Socket = class extends WebSocket {
      constructor (url, protocols) {
        super(url, protocols, { origin })
        line.watch(this)
      }
    }
  }

  watch (socket) {
    this.socket = socket
    socket.on('open', () => { this.traffic.sockets++; this.emit('traffic', this.traffic) })
    socket.on('close', (code, reason) => this.emit('closed', { code, reason: reason.toString() }))
    socket.on('error', error => this.emit('failed', { message: error.message }))
    socket.on('message', data => this.hear(new Uint8Array(data)))
  }

  hear (frame) {
    const { traffic } = this
    traffic.frames++
    traffic.bytes += frame.length
    traffic.last = Date.now()
    try {
      const kind = read(frame, this.named)
      traffic.kinds[kind] = (traffic.kinds[kind] ?? 0) + 1
    } catch (error) {
      this.complain(`frame ${Buffer.from(frame.subarray(0, 100)).toString('hex')}: ${error.message}`)
    }
    this.soon('traffic', () => traffic)
  }

  // kill ends the connection without a close frame.
  kill () { this.socket?.terminate() }
}
