import assert from 'node:assert/strict'

import { isIndexed } from '../engine/store.ts'
import type { SessionStore } from '../engine/store.ts'

/** More than any requests have, unless the store gives them more and more to do. */
const MAX_OPERATIONS = 100

/** One request: whatever it does to its session, over its view of the store. */
export type Request = (store: SessionStore) => Promise<unknown>

/** Two requests over one store, and what became of them. */
export interface Scenario<T> {
  readonly base: SessionStore
  readonly requests: readonly Request[]
  outcome(): Promise<T>
}

/** A request that is under way, and stops before each of its operations on the store. */
interface GatedRequest {
  readonly result: Promise<unknown>
  /** Whether an operation waits to be let go. */
  waits(): boolean
  /** Waits until the request has stopped at an operation or is done. */
  paused(): Promise<void>
  /** Lets one operation go, and waits for the next stop. */
  step(): Promise<void>
}

function startGated(request: Request, inner: SessionStore): GatedRequest {
  const waiting: (() => Promise<void>)[] = []
  let isDone = false
  let notice = (): void => {}

  const queue = <T>(operation: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting.push(async () => {
        try {
          resolve(await operation())
        } catch (error) {
          reject(error)
        }
      })
      notice()
    })
  const result = request({
    read: (key) => queue(() => inner.read(key)),
    create: (...args) => queue(() => inner.create(...args)),
    update: (...args) => queue(() => inner.update(...args)),
    delete: (key) => queue(() => inner.delete(key)),
    ...(isIndexed(inner) && {
      keysOf: (user: string, page?: string) => queue(() => inner.keysOf(user, page)),
    }),
  }).finally(() => {
    isDone = true
    notice()
  })
  result.catch(() => undefined) // it is awaited when all requests are done

  const isStopped = (): boolean => isDone || waiting.length > 0
  async function paused(): Promise<void> {
    while (!isStopped()) {
      await new Promise<void>((resolve) => {
        notice = resolve
      })
    }
  }

  return {
    result,
    waits: () => waiting.length > 0,
    paused,
    async step() {
      await waiting.shift()?.()
      await paused()
    },
  }
}

/**
 * Runs requests against one store in every order of their reads, writes and deletes.
 *
 * @param scenario sets up fresh records and gives the requests, each over its own view of the store
 * @param check looks at the outcome of one order; what it throws is thrown with the order in its message
 * @returns how many orders there were
 */
export async function everyInterleaving<T>(
  scenario: () => Promise<Scenario<T>>,
  check: (outcome: T) => void,
): Promise<number> {
  // A prefix of choices, extended by "the first that can" until all are done; then the last choice is turned.
  let choices: number[] | undefined = []
  let orders = 0
  while (choices !== undefined) {
    const { base, requests, outcome } = await scenario()
    const taken = await runInOrder(base, requests, choices)
    const after = await outcome()
    orders++
    try {
      check(after)
    } catch (error) {
      throw inOrder(taken, error)
    }
    choices = nextChoices(taken)
  }
  return orders
}

interface Choice {
  readonly choice: number
  readonly options: number
}

async function runInOrder(
  base: SessionStore,
  requests: readonly Request[],
  choices: readonly number[],
): Promise<Choice[]> {
  const running = requests.map((request) => startGated(request, base))
  await Promise.all(running.map((request) => request.paused()))
  const taken: Choice[] = []
  for (;;) {
    const ready = running.filter((request) => request.waits())
    if (ready.length === 0) break
    const choice = choices[taken.length] ?? 0
    taken.push({ choice, options: ready.length })
    assert.ok(taken.length <= MAX_OPERATIONS, `more than ${MAX_OPERATIONS} operations at once`)
    await ready[choice]?.step()
  }
  await Promise.all(running.map(({ result }) => result))
  return taken
}

function nextChoices(taken: readonly Choice[]): number[] | undefined {
  const turned = taken.findLastIndex(({ choice, options }) => choice < options - 1)
  if (turned === -1) return undefined
  return taken.slice(0, turned + 1).map(({ choice }, i) => (i === turned ? choice + 1 : choice))
}

function inOrder(taken: readonly Choice[], cause: unknown): Error {
  const order = taken.map(({ choice }) => choice + 1).join(', ')
  const problem = cause instanceof Error ? cause.message : String(cause)
  return new Error(`With operations by request ${order}: ${problem}`, { cause })
}
