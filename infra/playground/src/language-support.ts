import { StreamLanguage, type StreamParser } from '@codemirror/language'
import type { Extension } from '@codemirror/state'

const stream = (parser: StreamParser<unknown>): Extension => StreamLanguage.define(parser)
const script = async (options: { jsx?: boolean, typescript?: boolean }) => (await import('@codemirror/lang-javascript')).javascript(options)
const clike = () => import('@codemirror/legacy-modes/mode/clike')

// Each language is a file of its own, fetched when a room needs it.
const loaders: Record<string, () => Promise<Extension>> = {
  c: async () => (await import('@codemirror/lang-cpp')).cpp(),
  cpp: async () => (await import('@codemirror/lang-cpp')).cpp(),
  csharp: async () => stream((await clike()).csharp),
  css: async () => (await import('@codemirror/lang-css')).css(),
  go: async () => (await import('@codemirror/lang-go')).go(),
  html: async () => (await import('@codemirror/lang-html')).html(),
  java: async () => (await import('@codemirror/lang-java')).java(),
  javascript: () => script({}),
  json: async () => (await import('@codemirror/lang-json')).json(),
  jsx: () => script({ jsx: true }),
  kotlin: async () => stream((await clike()).kotlin),
  markdown: async () => (await import('@codemirror/lang-markdown')).markdown(),
  php: async () => (await import('@codemirror/lang-php')).php(),
  python: async () => (await import('@codemirror/lang-python')).python(),
  ruby: async () => stream((await import('@codemirror/legacy-modes/mode/ruby')).ruby),
  rust: async () => (await import('@codemirror/lang-rust')).rust(),
  shell: async () => stream((await import('@codemirror/legacy-modes/mode/shell')).shell),
  sql: async () => (await import('@codemirror/lang-sql')).sql(),
  swift: async () => stream((await import('@codemirror/legacy-modes/mode/swift')).swift),
  tsx: () => script({ jsx: true, typescript: true }),
  typescript: () => script({ typescript: true }),
  xml: async () => (await import('@codemirror/lang-xml')).xml(),
  yaml: async () => (await import('@codemirror/lang-yaml')).yaml()
}

/** Fetches the colours and indentation rules of a language; nothing for plain text and unknown ones. */
export async function languageSupport (id: string): Promise<Extension> {
  const load = Object.hasOwn(loaders, id) ? loaders[id] : undefined
  return load === undefined ? [] : load()
}
