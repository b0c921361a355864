import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'

import { defineConfig } from 'vitest/config'

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  resolve: {
    alias: [
      { find: /^fetch-sessions$/, replacement: at('src/index.ts') },
      { find: /^fetch-sessions\/testing$/, replacement: at('src/testing/index.ts') },
      { find: /^fetch-sessions\/storage\/(.+)$/, replacement: at('src/storage/$1.ts') },
      { find: /^fetch-sessions\/(.+)$/, replacement: at('adapters/$1.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // Those of the runtimes have configurations of their own (`npm run test:runtimes`), those of the pages another runner.
    exclude: ['test/runtimes/**', 'test/.readme/**', 'test/.guide*/**'],
    reporters: process.env['CI']
      ? ['default', ['json', { outputFile: '.vitest/report.json' }]]
      : ['default'],
    // The longest race has 17,000 operations, each a round trip.
    testTimeout: 600_000,
    // Most of the time is spent on waiting for engines, so two files at once on two cores, where Vitest would run one.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    hookTimeout: 120_000,
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
  },
})
