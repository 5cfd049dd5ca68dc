import { expect, test } from 'vitest'
import { socketAddress } from '../../src/config'

const known = (hosts: { relay?: string, api?: string, told?: string, page?: string }) =>
  ({ relay: '', api: '', told: '', page: 'http://192.168.1.5:8000', ...hosts })

test.each([
  ['all on one host, which has more names than the API knows', { told: 'ws://localhost:8000/yjs/a972ed' }, 'ws://192.168.1.5:8000/yjs/a972ed'],
  ['a secure page', { page: 'https://tutti.example' }, 'wss://tutti.example/yjs/a972ed'],
  ['an API elsewhere', { api: 'https://api.example' }, 'wss://api.example/yjs/a972ed'],
  ['an API elsewhere, which said where the relay is', { api: 'https://api.example', told: 'wss://relay.example/yjs/a972ed' }, 'wss://relay.example/yjs/a972ed'],
  ['a relay that the page names', { relay: 'wss://relay.example/', api: 'https://api.example', told: 'wss://x.example/yjs/a972ed' }, 'wss://relay.example/yjs/a972ed']
])('%s', (_, hosts, address) => expect(socketAddress(known(hosts), 'a972ed')).toBe(address))
