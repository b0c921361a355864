import { SessionError } from '../util/errors.ts'
import type { SessionStore } from './store.ts'

/** The longest that a timer can be set for. */
const MAX_SECONDS = (2 ** 31 - 1) / 1000

/**
 * A function that gives an answer at most `seconds` to come, and fails it after. Whatever is under way goes on.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where `seconds` is no positive number
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

/** The same store, of which each operation has so many seconds. A write that comes late loses by its version. */
export function limited(store: SessionStore, seconds: number): SessionStore {
  if (seconds === Infinity) return store
  const limit = timeLimit(seconds)
  return {
    read: (key) => limit(store.read(key)),
    create: (key, record) => limit(store.create(key, record)),
    update: (key, version, change) => limit(store.update(key, version, change)),
    delete: (key) => limit(store.delete(key)),
  }
}
