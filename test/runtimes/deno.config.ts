import { defineConfig } from 'vitest/config'

import { runtimeSuite } from './suite.ts'

export default defineConfig(runtimeSuite('deno', 'deno', ['node']))
