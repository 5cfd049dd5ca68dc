// The libraries, each behind the same few functions. All of them are loaded as
// CommonJS, the one kind that y-websocket 1 has for Node: so there is one yjs.
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
export const Y = require('yjs')
export const { Awareness } = require('y-protocols/awareness')

// A library makes, of what a client has, its connection:
//   provider    what the library made
//   named       whether frames begin with the name of their document
//   listen      passes on what the provider says
//   giveUp      lets the provider not connect again, and say nothing to the server
//   connect, disconnect, destroy
export const libraries = {
  'y-websocket-1': yWebsocket,
  'y-websocket-2': yWebsocket,
  'y-websocket-3.0': yWebsocket,
  'y-websocket-3.1': yWebsocket,
  'hocuspocus-provider-3': hocuspocus,
  'hocuspocus-provider-4': hocuspocus
}

function yWebsocket ({ library, url, room, doc, awareness, Socket, channel, options }) {
  const { WebsocketProvider } = require(library)
  const provider = new WebsocketProvider(url, room, doc, {
    awareness, WebSocketPolyfill: Socket, disableBc: !channel, connect: false, ...options
  })
  return {
    provider,
    named: false,
    listen (emit) {
      provider.on('status', ({ status }) => emit('status', { status }))
      provider.on('sync', synced => emit('synced', { synced }))
      provider.on('closed', () => emit('status', { status: 'final' })) // since 3.1
    },
    giveUp () { provider.shouldConnect = false },
    connect: () => provider.connect(),
    disconnect: () => provider.disconnect(),
    destroy: () => provider.destroy()
  }
}

function hocuspocus ({ library, url, room, doc, awareness, Socket, token, beside, options }) {
  const { HocuspocusProvider } = require(library)
  const link = beside ? { websocketProvider: beside.provider.configuration.websocketProvider } : { url, WebSocketPolyfill: Socket, autoConnect: false }
  const provider = new HocuspocusProvider({ ...link, name: room, document: doc, awareness, token, ...options })
  return {
    provider,
    named: true,
    listen (emit) {
      provider.on('status', ({ status }) => emit('status', { status }))
      provider.on('synced', () => emit('synced', { synced: true }))
      provider.on('close', () => emit('synced', { synced: false })) // 'synced' is only emitted when it is
      provider.on('unsyncedChanges', ({ number } = {}) => emit('unsynced', { unsynced: number ?? provider.unsyncedChanges }))
      provider.on('authenticated', ({ scope } = {}) => emit('admitted', { scope: scope ?? provider.authorizedScope }))
      provider.on('authenticationFailed', ({ reason }) => emit('denied', { reason }))
    },
    giveUp () { provider.configuration.websocketProvider.shouldConnect = false },
    // On the socket of another client it is for that one to connect.
    connect: () => beside ? provider.attach() : provider.connect(),
    disconnect: () => beside ? provider.detach() : provider.disconnect(),
    destroy: () => provider.destroy()
  }
}
