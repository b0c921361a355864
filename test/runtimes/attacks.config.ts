import { defineConfig } from 'vitest/config'

import { reportOf } from './paths.ts'

export default defineConfig({
  test: {
    include: ['test/runtimes/attacks.test.ts', 'test/runtimes/nitro-*.test.ts'],
    reporters: ['default', ['json', { outputFile: reportOf('attacks') }]],
    testTimeout: 30_000,
    hookTimeout: 120_000,
  },
})
