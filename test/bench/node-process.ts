import { fork } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { parseArgs } from 'node:util'

import { nodeAt, systemNode } from '../support/nodes.ts'
import type { NodeBinary } from '../support/nodes.ts'
import { BUILD_FOLDER } from './build.ts'

/** The options that the benchmarks share. */
export interface BenchOptions {
  /** The Node that runs what is measured. */
  readonly node: NodeBinary
  /** A smoke run: everything once, and figures that mean nothing. */
  readonly quick: boolean
  /** Replaces the results and the tables that are committed. */
  readonly publish: boolean
  /** Ids of subjects; all where none is given. */
  readonly only: readonly string[]
}

/** @throws TypeError for an option that cannot be */
export function readOptions(): BenchOptions {
  const { values } = parseArgs({
    options: {
      node: { type: 'string' },
      quick: { type: 'boolean', default: false },
      publish: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true, default: [] },
    },
  })
  const own = { version: process.version, path: process.execPath }
  const node = values.node === undefined ? (systemNode() ?? own) : nodeAt(values.node)
  if (node === undefined) throw new TypeError(`--node ${values.node}: no Node answers there.`)
  return { ...values, node }
}

/** Starts a compiled entry as a process of its own, set up as in production. */
export function startProcess(entry: string, node: NodeBinary): ChildProcess {
  return fork(`${BUILD_FOLDER}/${entry}.mjs`, {
    execPath: node.path,
    env: { ...process.env, NODE_ENV: 'production' },
    serialization: 'advanced',
  })
}

/** Sends a task and waits for the answer. Rejects where the process ends without one. */
export function ask<Answer>(child: ChildProcess, task: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    child.once('message', (answer) => resolve(answer as Answer))
    child.once('exit', (code) => reject(new Error(`The process ended with ${code}, unanswered.`)))
    child.send(task)
  })
}
