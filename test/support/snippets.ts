import { fork, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path, { join } from 'node:path'

import { SECRET } from './secrets.ts'

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

/** The module of a snippet that {@link writeSnippets} has written. */
export async function loadSnippet<Module>(folder: string, name: string): Promise<Module> {
  return (await import(/* @vite-ignore */ path.resolve(folder, name))) as Module
}

/** What the compiler says of a folder of snippets; nothing if all is well. */
export function typeErrorsIn(folder: string): string {
  // The unused names of a snippet are for its reader.
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false }
  const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config))
  return spawnSync('node_modules/.bin/tsc', ['-p', folder], { encoding: 'utf8' }).stdout
}

/** An application of its own process, which has a snippet for its storage. */
export interface SnippetProcess {
  /** @returns `ok`, the code of the error, or `dead` */
  visit(): Promise<string>
  /** The exit code of the process, or the signal that has ended it; what it printed before. */
  readonly ended: Promise<{ readonly code: number | string; readonly printed: string }>
  /** Whether it lives. */
  readonly isAlive: boolean
  stop(): Promise<void>
}

/** Starts a process with the module of a file. Needs `npm run build`. */
export async function startSnippet(
  file: string,
  env: Record<string, string>,
): Promise<SnippetProcess> {
  const child = fork('test/support/snippet-process.ts', [file], {
    env: { ...process.env, SESSION_SECRET: SECRET, ...env },
    execArgv: ['--no-warnings'],
    silent: true,
  })
  let printed = ''
  child.stdout?.on('data', (data) => (printed += data))
  child.stderr?.on('data', (data) => (printed += data))
  const answers = new Map<number, (outcome: string) => void>()
  const ended = new Promise<{ code: number | string; printed: string }>((resolve) => {
    child.once('close', (code, signal) => {
      for (const answer of answers.values()) answer('dead')
      resolve({ code: code ?? signal ?? 'unknown', printed })
    })
  })
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    void ended.then((end) => reject(new Error(`${file} ended with ${end.code}: ${end.printed}`)))
  })
  child.on('message', ({ id, outcome }: { id: number; outcome: string }) => {
    answers.get(id)?.(outcome)
    answers.delete(id)
  })
  let visits = 0
  const isAlive = (): boolean => child.exitCode === null && child.signalCode === null
  return {
    ended,
    get isAlive() {
      return isAlive()
    },
    visit: () =>
      new Promise((resolve) => {
        if (!isAlive() || !child.connected) return resolve('dead')
        const id = ++visits
        answers.set(id, resolve)
        child.send(id, (error) => error && resolve('dead'))
      }),
    async stop() {
      child.kill('SIGKILL')
      await ended
    },
  }
}
