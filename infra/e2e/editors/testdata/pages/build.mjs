// Makes of each page one file that a browser can load: node build.mjs <folder>
import { resolve } from 'node:path'
import { build } from 'esbuild'

await build({
  absWorkingDir: import.meta.dirname,
  entryPoints: {
    codemirror: './codemirror.mjs',
    monaco: './monaco.mjs',
    'monaco.worker': 'monaco-editor/editor/editor.worker.js'
  },
  outdir: resolve(process.argv[2]),
  bundle: true,
  minify: true,
  format: 'esm',
  legalComments: 'none',
  loader: { '.ttf': 'dataurl' },
  // y-monaco asks for the editor by the path that older monaco-editors had
  alias: { 'monaco-editor/esm/vs/editor/editor.api.js': 'monaco-editor/editor/editor.api.js' }
})
