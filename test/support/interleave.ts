import type { SessionStore } from 'fetch-sessions'

/** A store whose operations wait until they are let go, one at a time. */
interface Gate {
  readonly store: SessionStore
  /** Whether an operation waits. */
  waits(): boolean
  release(): Promise<void>
}

function gateOver(inner: SessionStore): Gate {
  let waiting: (() => Promise<unknown>) | undefined
  const queue = <T>(operation: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      waiting = () => operation().then(resolve, reject)
    })
  return {
    store: {
      read: (key) => queue(() => inner.read(key)),
      write: (...args) => queue(() => inner.write(...args)),
      delete: (key) => queue(() => inner.delete(key)),
    },
    waits: () => waiting !== undefined,
    async release() {
      const operation = waiting
      waiting = undefined
      await operation?.()
      await settled()
    },
  }
}

/**
 * Runs two requests against one store in every order of their reads, writes and deletes.
 *
 * @param scenario sets up a fresh store and gives the two requests, each over its own view of that store
 * @param check looks at the outcome of one order
 * @returns how many orders there were
 */
export async function everyInterleaving<T>(
  scenario: () => Promise<{ base: SessionStore; requests: Request[]; outcome: () => Promise<T> }>,
  check: (outcome: T, order: string) => void,
): Promise<number> {
  let orders = 0
  // A prefix of choices, extended by "the first that can" until both are done; then the last choice is turned.
  let choices: number[] = []
  for (;;) {
    const { base, requests, outcome } = await scenario()
    const gates = requests.map(() => gateOver(base))
    const running = requests.map((request, i) => request((gates[i] as Gate).store))
    await settled()
    const taken: { choice: number; options: number }[] = []
    for (;;) {
      const ready = gates.filter((gate) => gate.waits())
      if (ready.length === 0) break
      const choice = choices[taken.length] ?? 0
      taken.push({ choice, options: ready.length })
      await (ready[choice] as Gate).release()
    }
    await Promise.all(running)
    orders++
    check(await outcome(), taken.map(({ choice }) => choice).join(''))
    while (taken.length > 0 && taken.at(-1)?.choice === (taken.at(-1)?.options ?? 0) - 1)
      taken.pop()
    const last = taken.pop()
    if (last === undefined) return orders
    choices = [...taken.map(({ choice }) => choice), last.choice + 1]
  }
}

/** One request: whatever it does to its session, over its view of the store. */
export type Request = (store: SessionStore) => Promise<unknown>

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
