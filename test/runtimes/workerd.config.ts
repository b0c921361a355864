import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig, mergeConfig } from 'vitest/config'

import { COMPILED_FROM_TEXT, ON_NODE_ONLY, runtimeSuite } from './suite.ts'

export default mergeConfig(
  runtimeSuite('workerd', 'workerd', [...ON_NODE_ONLY, ...COMPILED_FROM_TEXT]),
  defineConfig({
    plugins: [cloudflareTest({ miniflare: { compatibilityDate: '2026-10-20' } })],
  }),
)
