import { defineConfig, mergeConfig } from 'vitest/config'

import { runtimeSuite } from './suite.ts'

export default mergeConfig(
  runtimeSuite('bun', 'bun', ['node']),
  // Bun's child processes do not speak the protocol of Vitest's default pool.
  defineConfig({ test: { pool: 'threads' } }),
)
