import { isProduction, warnOnce } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'

const MIN_SECRET_LENGTH = 16

/** Secrets that anybody can read: that of our examples, and that of `.dev.vars`. */
const PUBLIC_SECRETS: readonly string[] = [
  '32 random characters in real life',
  'for-development-on-this-computer-only',
]

const REMEDY =
  'Create a secret with `npx --no fetch-sessions secret` or `openssl rand -base64 32`, and set it instead.'

/**
 * The secrets of an option or a variable, newest first. A string is split at commas, and its parts are trimmed.
 *
 * @returns undefined without secrets; an empty list and a blank string have none
 * @throws SessionError `ERR_SESSION_CONFIG` for anything but a string or a list
 */
export function parseSecrets(
  given: string | readonly string[] | undefined,
): readonly string[] | undefined {
  if (given === undefined) return undefined
  if (typeof given === 'string') {
    return given.trim() === '' ? undefined : given.split(',').map((secret) => secret.trim())
  }
  if (!Array.isArray(given)) {
    const type = given === null ? 'null' : `of type ${typeof given}`
    throw secretError(`\`secrets\` is ${type}: write a string, or a list of strings, newest first.`)
  }
  return given.length === 0 ? undefined : given
}

/** @throws SessionError `ERR_SESSION_CONFIG` for an invalid secret and, in production, for one that can be guessed */
export function assertSecrets(secrets: readonly unknown[]): void {
  for (const [index, secret] of secrets.entries()) {
    if (typeof secret !== 'string' || secret === '') {
      // Never the value itself: a number may be a secret too.
      const found = secret === '' ? 'empty' : `of type ${typeof secret}`
      throw secretError(
        `The secret at position ${index + 1} of ${secrets.length} is ${found}: write a string of 32 random characters or more. Is its variable set, or is there a comma too many?`,
      )
    }
    if (isProduction() && PUBLIC_SECRETS.includes(secret)) {
      throw secretError(`The secret "${secret}" is an example that everybody can read. ${REMEDY}`)
    }
    if (secret.length >= MIN_SECRET_LENGTH) continue
    const problem = `A secret of ${secret.length} characters can be guessed: it needs at least ${MIN_SECRET_LENGTH}. ${REMEDY}`
    if (isProduction()) throw secretError(problem)
    warnOnce(problem)
  }
}

function secretError(problem: string): SessionError {
  return new SessionError('ERR_SESSION_CONFIG', problem)
}
