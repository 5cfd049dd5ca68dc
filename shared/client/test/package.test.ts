// The package as it is published: what is in it, and that it works where it is installed.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import manifest from '../package.json' with { type: 'json' }

const root = fileURLToPath(new URL('..', import.meta.url))
const installed = ['yjs', 'lib0', 'y-protocols', 'ws', '@types/ws', '@types/node', 'monaco-editor', '@codemirror']
let folder: string
let files: string[]

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tutti-package-'))
  const packed = execFileSync('npm', ['pack', '--json', '--silent', '--pack-destination', folder], { cwd: root, encoding: 'utf8' })
  const [tarball] = JSON.parse(packed.slice(packed.indexOf('[\n'))) as Array<{ filename: string, files: Array<{ path: string }> }>
  if (tarball === undefined) throw new Error(`npm pack made nothing: ${packed}`)
  files = tarball.files.map(file => file.path)
  const target = join(folder, 'node_modules', manifest.name)
  mkdirSync(target, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, tarball.filename), '-C', target, '--strip-components', '1'])
  for (const name of installed) {
    mkdirSync(dirname(join(folder, 'node_modules', name)), { recursive: true })
    symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  }
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('It has what its exports name, and nothing but that is built and the README', () => {
  for (const target of Object.values(manifest.exports).flatMap(e => typeof e === 'string' ? [e] : Object.values(e))) {
    expect(files).toContain(target.replace('./', ''))
  }
  for (const file of files) expect(file).toMatch(/^(README\.md|package\.json|dist\/[a-z-]+(\.js|\.d\.ts))$/)
})

test('Plain Node runs it, with one yjs, and ends when the room was left', () => {
  writeFileSync(join(folder, 'main.js'), `
    import { WebSocket, WebSocketServer } from 'ws'
    import * as Y from 'yjs'
    import { joinRoom } from '@tutti-live/client'
    const server = new WebSocketServer({ port: 0 })
    server.on('connection', socket => {
      socket.send(new Uint8Array([0, 0, 1, 0]))
      socket.send(new Uint8Array([0, 1, 2, 0, 0]))
    })
    const room = joinRoom('ws://127.0.0.1:' + server.address().port + '/yjs/a', { WebSocket })
    await room.synced
    const away = joinRoom('ws://127.0.0.1:1/yjs/b', { WebSocket })
    away.once('status', () => {
      away.close()
      room.close()
      server.close()
      console.log(room.doc instanceof Y.Doc, room.status, away.status)
    })
  `)
  const { status, stdout, stderr } = spawnSync('node', ['--preserve-symlinks', 'main.js'], { cwd: folder, encoding: 'utf8', timeout: 20_000 })
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'true gone gone\n', stderr: '' })
})

test('Its types serve a strict program, with the sockets of ws and of browsers', () => {
  writeFileSync(join(folder, 'main.ts'), `
    import { WebSocket as NodeSocket } from 'ws'
    import { createRoom, joinRoom, TuttiError, type Room, type RoomStatus } from '@tutti-live/client'
    export async function main (): Promise<RoomStatus> {
      const { yjsUrl } = await createRoom('http://localhost:8000', { language: 'go' })
      const rooms: Room[] = [joinRoom(yjsUrl, { WebSocket: NodeSocket }), joinRoom(yjsUrl, { WebSocket }), joinRoom(yjsUrl)]
      for (const room of rooms) {
        room.on('status', (status, room) => console.log(status satisfies RoomStatus, room.text.toString()))
        room.on('error', error => console.error(error instanceof TuttiError, error.retryAfterMs))
      }
      return rooms[0]?.status ?? 'gone'
    }
  `)
  const options = ['--strict', '--noEmit', '--exactOptionalPropertyTypes', '--target', 'es2022', '--module', 'nodenext', '--lib', 'es2022,dom', '--types', 'node']
  const { status, stdout } = spawnSync(join(root, 'node_modules/.bin/tsc'), [...options, 'main.ts'], { cwd: folder, encoding: 'utf8' })
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
})
