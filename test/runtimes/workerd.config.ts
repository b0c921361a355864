import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig, mergeConfig } from 'vitest/config'

import { runtimeSuite } from './suite.ts'

export default mergeConfig(
  runtimeSuite('workerd', 'workerd', ['node']),
  defineConfig({
    plugins: [cloudflareTest({ miniflare: { compatibilityDate: '2026-10-20' } })],
  }),
)
