import { SessionError } from '../util/errors.ts'

/** The longest that a timer can be set for. */
const MAX_SECONDS = (2 ** 31 - 1) / 1000

/**
 * A function that gives an answer at most `seconds` to come, and fails it after. Whatever is under way goes on.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` where `seconds` is no positive number
 */
export function timeLimit(seconds: number): <T>(answer: Promise<T>) => Promise<T> {
  // Promise.resolve(): not every client's promises are those of the language, which the core tells by instanceof.
  if (seconds === Infinity) return (answer) => Promise.resolve(answer)
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
