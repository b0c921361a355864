import { defineConfig } from 'vitest/config'

import { reportOf } from './paths.ts'

export default defineConfig({
  test: {
    include: ['test/runtimes/servers.test.ts'],
    reporters: ['default', ['json', { outputFile: reportOf('servers') }]],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
