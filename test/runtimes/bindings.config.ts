import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

import { packageAliases } from './suite.ts'
import { reportOf } from './paths.ts'

// D1 and Durable Objects, called from inside workerd as an application calls them. From outside each operation takes
// ten times as long, and the races have hundreds of thousands.
export default defineConfig({
  resolve: { alias: packageAliases() },
  plugins: [
    cloudflareTest({
      main: './test/workers/stores.ts',
      miniflare: {
        compatibilityDate: '2026-10-20',
        d1Databases: ['D1'],
        durableObjects: { SESSIONS: { className: 'SessionObject', useSQLite: true } },
      },
    }),
  ],
  test: {
    include: ['test/runtimes/bindings/*.test.ts'],
    reporters: ['default', ['json', { outputFile: reportOf('bindings') }]],
    testTimeout: 600_000,
  },
})
