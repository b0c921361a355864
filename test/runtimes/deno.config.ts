import { defineConfig } from 'vitest/config'

import { ON_NODE_ONLY, runtimeSuite } from './suite.ts'

export default defineConfig(runtimeSuite('deno', 'deno', ON_NODE_ONLY))
