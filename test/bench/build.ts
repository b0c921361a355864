import { build } from 'esbuild'

/** Where the compiled benchmark goes: within the repository, so that it finds the built package and the peers. */
export const BUILD_FOLDER = '.bench/build'

/** Compiles entries of the benchmark for a Node that cannot strip types. Needs `npm run build`. */
export async function buildForNode(...entries: string[]): Promise<void> {
  await build({
    entryPoints: entries.map((entry) => `test/bench/${entry}.ts`),
    outdir: BUILD_FOLDER,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    tsconfigRaw: {}, // without the paths that lead to the sources
  })
}
