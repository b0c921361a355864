import { isProduction, isWorkers, readVariable, warnOnce } from './environment.ts'
import { encodeBase64url } from './base64url.ts'
import { SessionError } from './errors.ts'
import type { SessionStorage } from './session-storage.ts'
import { createCookieSessionStorage } from './storage/cookie.ts'

let processSecret: string | undefined

/**
 * Cookie storage with the secrets in `SESSION_SECRET`: several are separated by commas, newest first.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` without one in production and on Workers, where a random secret would sign
 * everybody out at the next restart or in the next isolate
 */
export function createDefaultStorage(environment: unknown): SessionStorage {
  const secrets = parseSecrets(readVariable(environment, 'SESSION_SECRET'))
  return createCookieSessionStorage({ cookie: { secrets: secrets ?? [randomSecret()] } })
}

/** The secrets in `SESSION_SECRET`, newest first; undefined where it has none. */
export function parseSecrets(variable: string | undefined): string[] | undefined {
  if (variable === undefined || variable.trim() === '') return undefined
  return variable.split(',').map((secret) => secret.trim())
}

function randomSecret(): string {
  const remedy =
    'Make one with `openssl rand -base64 32` and set it: `wrangler secret put SESSION_SECRET` on Workers, an environment variable elsewhere'
  if (isProduction() || isWorkers()) {
    throw new SessionError('ERR_SESSION_CONFIG', `SESSION_SECRET is not set. ${remedy}.`)
  }
  warnOnce(
    `SESSION_SECRET is not set, so sessions end when this process does. ${remedy}, or give session() a \`storage\`.`,
  )
  return (processSecret ??= encodeBase64url(crypto.getRandomValues(new Uint8Array(32))))
}
