import { defineConfig, mergeConfig } from 'vitest/config'

import { ON_NODE_ONLY, runtimeSuite } from './suite.ts'

export default mergeConfig(
  runtimeSuite('bun', 'bun', ON_NODE_ONLY),
  // Bun's child processes do not speak the protocol of Vitest's default pool.
  defineConfig({
    test: {
      pool: 'threads',
      include: ['test/runtimes/bun-sql.test.ts', 'test/runtimes/redis-bun.test.ts'],
    },
  }),
)
