import { SessionError } from '../util/errors.ts'
import { isIndexed } from './store.ts'
import type { IndexedSessionStore, SessionStore } from './store.ts'

/** The longest delay of a timer. */
const MAX_SECONDS = (2 ** 31 - 1) / 1000

/**
 * Makes a function that rejects if an answer takes longer than `seconds`. The operation itself is not cancelled.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` if `seconds` is not a positive number
 */
function timeLimit(seconds: number): <T>(answer: Promise<T>) => Promise<T> {
  if (!(seconds > 0 && seconds <= MAX_SECONDS)) {
    throw new SessionError(
      'ERR_SESSION_CONFIG',
      `\`timeout\` is ${seconds}: write a positive number of seconds, such as 5, or Infinity for none.`,
    )
  }
  return (answer) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new DOMException(`no answer within ${seconds} seconds`, 'TimeoutError'))
      }, seconds * 1000)
      Promise.resolve(answer)
        .finally(() => clearTimeout(timer))
        .then(resolve, reject)
    })
}

/** The store, with a time limit per operation. A late write fails its version check. */
export function limited(
  store: SessionStore & Partial<IndexedSessionStore>,
  seconds: number,
): SessionStore & Partial<IndexedSessionStore> {
  if (seconds === Infinity) return store
  const limit = timeLimit(seconds)
  const inTime: SessionStore = {
    read: (key) => limit(store.read(key)),
    create: (key, record) => limit(store.create(key, record)),
    update: (key, version, change) => limit(store.update(key, version, change)),
    delete: (key) => limit(store.delete(key)),
  }
  if (!isIndexed(store)) return inTime
  return { ...inTime, keysOf: (...page) => limit(store.keysOf(...page)) }
}
