import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Snippet {
  /** What its fence says after `file=`. */
  readonly name: string
  readonly code: string
}

/** The TypeScript snippets of a page. */
export function snippetsOf(page: string): Snippet[] {
  const fences = readFileSync(page, 'utf8').matchAll(/^```ts(?: file=(\S+))?\n([\s\S]*?)^```$/gm)
  return [...fences].map(([, name, code = ''], index) => ({
    name: name ?? `snippet-${index}.ts`,
    code,
  }))
}

/** The pages that are written by hand. */
export function guides(): string[] {
  return readdirSync('docs/guide', { encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs/guide', file))
}

/** Writes snippets to a folder of test/, made anew, from where they import what an application would. */
export function writeSnippets(folder: string, snippets: readonly Snippet[]): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder)
  for (const { name, code } of snippets) writeFileSync(join(folder, name), `${code}\nexport {}\n`)
}

/** What the compiler says of a folder of snippets; nothing if all is well. */
export function typeErrorsIn(folder: string): string {
  // The unused names of a snippet are for its reader.
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false }
  const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  return spawnSync('node_modules/.bin/tsc', ['-p', folder], { encoding: 'utf8' }).stdout
}
