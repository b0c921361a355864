import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import type { ViteUserConfig } from 'vitest/config'

import { PACKAGE, reportOf } from './paths.ts'

export type RuntimeName = 'node' | 'bun' | 'deno' | 'workerd'

declare module 'vitest' {
  interface ProvidedContext {
    /** The runtime that the suite was started for. */
    runtime: RuntimeName
    /** Whether that has Node's Buffer as a global. */
    hasBuffer: boolean
  }
}

/** What drives another process: it has nothing to say about the runtime that it runs on. */
const ABOUT_ANOTHER_PROCESS = ['adapters/nitro', 'session/hover']

/** What needs a server of Node's own kind. */
export const ON_NODE_ONLY: readonly string[] = [
  'node',
  'adapters/h3-server',
  'adapters/hono-server',
]

/** Elysia compiles its handlers from text, which Workers forbid; test/runtimes/runtime.test.ts has a test of that. */
export const COMPILED_AHEAD: readonly string[] = ['adapters/elysia']

/**
 * The suites of the core, of the storages that the runtime itself has and of the adapters, over the package as npm would
 * install it: what a test imports from `fetch-sessions`, src/ or adapters/ comes out of the tarball.
 *
 * @param run names the report
 * @param excluded what this runtime cannot run, below test/, without `.test.ts`
 * @throws Error where the tarball is not unpacked; `npm run test:runtimes` does that
 */
export function runtimeSuite(
  run: string,
  runtime: RuntimeName,
  excluded: readonly string[] = [],
): ViteUserConfig {
  return {
    resolve: { alias: packageAliases() },
    test: {
      include: [
        // The others in that folder look at the repository.
        'test/{contract,node,samples}.test.ts',
        'test/{adapters,cookie,engine,request,session,token,util}/*.test.ts',
        'test/storage/{cookie,memory}.test.ts',
        ...(runtime === 'deno' ? ['test/storage/deno-kv.test.ts'] : []),
        'test/runtimes/runtime.test.ts',
      ],
      exclude: [...ABOUT_ANOTHER_PROCESS, ...excluded].map((name) => `test/${name}.test.ts`),
      provide: { runtime, hasBuffer: true },
      reporters: ['default', ['json', { outputFile: reportOf(run) }]],
      testTimeout: 600_000,
      hookTimeout: 120_000,
      restoreMocks: true,
      unstubEnvs: true,
      unstubGlobals: true,
    },
  }
}

/** What a test imports comes out of the tarball. */
export function packageAliases(): { find: RegExp; replacement: string }[] {
  const manifest = join(PACKAGE, 'package.json')
  if (!existsSync(manifest)) {
    throw new Error(`There is no package in ${PACKAGE}. Start the suites by npm run test:runtimes.`)
  }
  const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    exports: Record<string, string>
  }
  return [
    ...Object.entries(exports).map(([name, target]) => ({
      find: new RegExp(`^${name.replace('.', 'fetch-sessions')}$`),
      replacement: resolve(PACKAGE, target),
    })),
    {
      find: /^(?:\.\.\/)+(src|adapters)\/(.+)\.ts$/,
      replacement: resolve(PACKAGE, 'dist/$1/$2.js'),
    },
  ]
}
