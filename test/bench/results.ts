import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'

import type { BenchOptions } from './node-process.ts'

/** Where and when a benchmark ran. */
export interface Conditions {
  readonly date: string
  readonly node: string
  readonly machine: string
}

export function conditionsOf(node: string): Conditions {
  const [cpu] = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    node,
    machine: `${cpus().length} cores of ${cpu?.model ?? 'unknown make'}`,
  }
}

/** Name and version of a package, by the name that it is installed under. */
export function versionOf(folder: string): string {
  const path = folder === 'fetch-sessions' ? 'package.json' : `node_modules/${folder}/package.json`
  const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>
  return `${name} ${version}`
}

export const PUBLISHED = 'test/bench/results'

/** Writes what a benchmark found, over the committed results only where that was asked for. Gives the path. */
export function writeResults(name: string, text: string, { publish }: BenchOptions): string {
  const folder = publish ? PUBLISHED : '.bench/results'
  mkdirSync(folder, { recursive: true })
  const path = `${folder}/${name}`
  writeFileSync(path, text)
  return path
}

/** The committed results of a benchmark. */
export function readPublished<Results>(name: string): Results {
  return JSON.parse(readFileSync(`${PUBLISHED}/${name}`, 'utf8')) as Results
}
