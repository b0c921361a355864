import { Buffer } from 'node:buffer'
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { TARGETS } from './target.ts'
import type { FuzzTarget } from './target.ts'

export type TargetName = (typeof TARGETS)[number]

/** The folder of the inputs that are kept for a target. */
export const corpusOf = (name: TargetName): string => join('test/fuzz/corpus', name)

/** The inputs in a folder, by path. */
export function readInputs(folder: string): [path: string, data: Uint8Array][] {
  mkdirSync(folder, { recursive: true })
  const paths = readdirSync(folder).map((file) => join(folder, file))
  return paths.toSorted().map((path) => [path, readFileSync(path)])
}

/** Keeps an input under a name that follows from its bytes, and gives its path. */
export function keep(
  folder: string,
  kind: 'found' | 'crash' | 'timeout',
  data: Uint8Array,
): string {
  mkdirSync(folder, { recursive: true })
  const hash = createHash('sha256').update(data).digest('hex').slice(0, 12)
  const path = join(folder, `${kind}-${hash}`)
  writeFileSync(path, data)
  return path
}

export async function load(name: TargetName): Promise<FuzzTarget> {
  const module = (await import(`./targets/${name}.ts`)) as { target: FuzzTarget }
  return module.target
}

/** Everything to start from: seeds and kept inputs. */
export async function startOf(name: TargetName, folders: readonly string[]): Promise<Buffer[]> {
  const { seeds } = await load(name)
  const inputs = [...(await seeds()), ...folders.flatMap(readInputs).map(([, data]) => data)]
  return inputs.map((data) => Buffer.from(data))
}
