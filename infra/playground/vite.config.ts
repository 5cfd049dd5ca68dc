import { defineConfig } from 'vitest/config'
import type { Plugin } from 'vite'

const client = (file: string) => new URL(`../../shared/client/src/${file}`, import.meta.url).pathname

// The theme that somebody chose is set by the script: nothing is painted before it
// ran, or a dark page would flash white.
const paintAfterScript: Plugin = {
  name: 'paint-after-script',
  transformIndexHtml: {
    order: 'post',
    handler: html => html.replace('<script type="module"', '<script type="module" blocking="render"')
  }
}

// A chunk made of a package is called as that, not as its folder dist.
function chunkName (name: string, modules: readonly string[]): string {
  const packages = modules.map(id => /node_modules\/(?:@codemirror\/|@lezer\/)?([^/]+)\//.exec(id)?.[1] ?? null)
  return name === 'dist' ? packages.findLast(found => found !== null) ?? name : name
}

export default defineConfig({
  base: '/',
  plugins: [paintAfterScript],
  resolve: {
    alias: [
      { find: /^@tutti-live\/client$/, replacement: client('index.ts') },
      { find: /^@tutti-live\/client\/(.*)$/, replacement: client('$1.ts') }
    ],
    // The client lies outside this folder: it shall find these here, and once.
    dedupe: ['yjs', 'y-protocols', 'lib0', '@codemirror/state', '@codemirror/view', '@codemirror/language', '@codemirror/commands']
  },
  build: {
    assetsDir: 'playground',
    assetsInlineLimit: 0,
    target: ['chrome123', 'edge123', 'firefox121', 'safari17.5'], // the first with light-dark()
    modulePreload: { polyfill: false },
    rolldownOptions: { output: { chunkFileNames: chunk => `playground/${chunkName(chunk.name, chunk.moduleIds)}-[hash].js` } }
  },
  server: {
    port: 5173,
    fs: { allow: ['.', '../../shared/client'] },
    proxy: {
      '/rooms': 'http://localhost:8000',
      '/yjs': { target: 'http://localhost:8000', ws: true, rewriteWsOrigin: true } // the relay would refuse this page's
    }
  },
  test: { include: ['test/**/*.test.ts'] }
})
