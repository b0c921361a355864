import { defineConfig } from 'vitest/config'

import { runtimeSuite } from './suite.ts'

// One report a version: `node-20`, `node-24`.
export default defineConfig(runtimeSuite(`node-${process.versions.node.split('.')[0]}`, 'node'))
