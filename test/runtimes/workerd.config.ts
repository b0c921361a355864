import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig, mergeConfig } from 'vitest/config'

import { COMPILED_AHEAD, ON_NODE_ONLY, runtimeSuite } from './suite.ts'

export default mergeConfig(
  runtimeSuite('workerd', 'workerd', [...ON_NODE_ONLY, ...COMPILED_AHEAD]),
  defineConfig({
    plugins: [cloudflareTest({ miniflare: { compatibilityDate: '2026-10-20' } })],
  }),
)
