import { join, resolve } from 'node:path'

import { build } from 'tsdown'

/** The programs as plain JavaScript below `folder`, where the packed package is installed. */
export async function buildPrograms(folder: string): Promise<void> {
  const at = (name: string): string => `test/runtimes/attacks/programs/${name}.ts`
  const common = {
    config: false,
    outDir: folder,
    outExtensions: () => ({ js: '.mjs' }),
    clean: false,
    dts: false,
    logLevel: 'error',
  } as const
  await build({
    ...common,
    entry: ['node-server', 'srvx', 'bun', 'deno'].map(at),
    deps: { neverBundle: /^[^./]/ },
  })
  await build({
    ...common,
    entry: { 'srvx-old': at('srvx') },
    deps: { alwaysBundle: /./, onlyBundle: false },
    inputOptions: { plugins: [oldSrvx(folder)] },
  })
}

/** Puts the old srvx in the place of the one that h3 depends on. */
function oldSrvx(folder: string) {
  return {
    name: 'old-srvx',
    resolveId(source: string) {
      if (['srvx', 'srvx/node'].includes(source)) {
        return resolve('node_modules/srvx-old/dist/adapters/node.mjs')
      }
      const name = /^fetch-sessions(?:\/(.+))?$/.exec(source)
      if (name === null) return undefined
      const file = name[1] === undefined ? 'src/index' : `adapters/${name[1]}`
      return join(folder, 'node_modules/fetch-sessions/dist', `${file}.js`)
    },
  }
}
