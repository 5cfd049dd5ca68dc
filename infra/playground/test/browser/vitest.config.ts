import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// All files share one browser. Two of them are run at once: much of their time they wait.
export default defineConfig({
  root: dirname(fileURLToPath(import.meta.url)),
  cacheDir: '../../node_modules/.vite',
  test: {
    include: process.env.TUTTI_MEASURE === undefined ? ['**/*.test.ts'] : ['measure.ts'],
    globalSetup: ['./harness/browser.ts'],
    maxWorkers: process.env.TUTTI_MEASURE === undefined ? 2 : 1,
    testTimeout: 40_000,
    hookTimeout: 60_000
  }
})
