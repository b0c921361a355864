import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig, mergeConfig } from 'vitest/config'

import { COMPILED_AHEAD, ON_NODE_ONLY, runtimeSuite } from './suite.ts'

export default mergeConfig(
  runtimeSuite('workerd-without-buffer', 'workerd', [...ON_NODE_ONLY, ...COMPILED_AHEAD]),
  // Vitest's own code needs `nodejs_compat`, so the global that it brings is taken away again. test/workers.test.ts has
  // a Worker that never had it.
  defineConfig({
    plugins: [cloudflareTest({ miniflare: { compatibilityDate: '2026-10-20' } })],
    test: {
      setupFiles: ['test/runtimes/without-buffer.ts'],
      provide: { hasBuffer: false },
    },
  }),
)
