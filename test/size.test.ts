import packageJson from '../package.json' with { type: 'json' }
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'

/** The files of the built package that a bundle holds. Needs `npm run build`. */
async function bundledFiles(code: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: { contents: code, resolveDir: '.' },
    bundle: true,
    format: 'esm',
    write: false,
    metafile: true,
    external: Object.keys(packageJson.peerDependencies),
    tsconfigRaw: {}, // without the paths that lead to the sources
  })
  const inputs = Object.values(metafile.outputs).flatMap(({ inputs: found }) =>
    Object.entries(found),
  )
  return inputs
    .filter(([path, { bytesInOutput }]) => path.startsWith('dist/') && bytesInOutput > 0)
    .map(([path]) => path)
}

/** The sub-paths whose files are in a folder. */
const subpathsIn = (folder: string): string[] =>
  Object.entries(packageJson.exports)
    .filter(([, path]) => path.startsWith(folder))
    .map(([name]) => name)
const adapters = subpathsIn('./dist/adapters/')
const backEnds = subpathsIn('./dist/src/storage/')

/** All that a sub-path exports, in use. */
const useAll = (name: string): string =>
  `import * as all from '${name.replace('.', 'fetch-sessions')}'; console.log(all)`

/** Of adapters and back ends only. */
const published: readonly string[] = Object.values(packageJson.exports)
const plugged = (files: string[]): string[] =>
  files
    .filter((path) => /^dist\/(adapters|src\/storage)\//.test(path))
    .filter((path) => published.includes(`./${path}`))
    .toSorted()

describe('a bundle', () => {
  it.each(adapters)(
    'holds no other adapter, and no back end but the one for cookies: %s',
    async (name) => {
      const files = await bundledFiles(useAll(name))
      expect(plugged(files)).toEqual([`dist/adapters/${name.slice(2)}.js`])
      expect(files).toContain('dist/src/engine/cookie-backend.js')
      expect(files).not.toContain('dist/src/engine/stored-sessions.js')
    },
  )

  it.each(backEnds)('holds no adapter, and no other back end: %s', async (name) => {
    expect(plugged(await bundledFiles(useAll(name)))).toEqual([`dist/src/${name.slice(2)}.js`])
  })

  it('holds of the main entry only what is imported', async () => {
    const code = `import { createMemorySessionStorage } from 'fetch-sessions'; createMemorySessionStorage()`
    expect(plugged(await bundledFiles(code))).toEqual(['dist/src/storage/memory.js'])
  })
})
