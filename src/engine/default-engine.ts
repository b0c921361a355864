import { encodeBase64url } from '../token/base64url.ts'
import { cookieBackend } from './cookie-backend.ts'
import { isProduction, isWorkers, readVariable, warnOnce } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'
import { DEFAULT_IDLE } from './lifetime.ts'
import { createSealedCodec } from '../token/sealed.ts'
import { assertSecrets } from '../token/secrets.ts'
import type { SessionCookie } from '../cookie/session-cookie.ts'
import { createSessionEngine } from './session-engine.ts'
import type { SessionEngine } from './session-engine.ts'
import { isSameCookie } from '../cookie/set-cookie.ts'

let processSecret: string | undefined

/**
 * What serves `session()` without a storage: sessions in the cookie, sealed with the secrets in `SESSION_SECRET`, of
 * which several are separated by commas, newest first. The same as `createCookieSessionStorage({ cookie: { secrets } })`
 * makes, without the code for all options that are not given, which a bundle would carry.
 *
 * @param isGuess the environment may be something else, so that the variables of the process go before it
 * @throws SessionError `ERR_SESSION_CONFIG` without one in production and on Workers, where a random secret would sign
 * everybody out at the next restart or in the next isolate
 */
export function createDefaultEngine(environment: unknown, isGuess = false): SessionEngine {
  const ofProcess = isGuess ? readVariable(undefined, 'SESSION_SECRET') : undefined
  const variable = ofProcess ?? readVariable(environment, 'SESSION_SECRET')
  const secrets = parseSecrets(variable) ?? [randomSecret()]
  assertSecrets(secrets)
  const lifetime = { idle: DEFAULT_IDLE, absolute: undefined }
  return createSessionEngine(cookieBackend, createDefaultCookie(secrets), lifetime)
}

function createDefaultCookie(secrets: readonly string[]): SessionCookie {
  const name = '__session'
  return {
    name,
    maxAge: undefined,
    expires: undefined,
    canDropSecure: true,
    isTimed: true,
    codec: createSealedCodec(secrets, { kind: 'cookie', cookieName: name }),
    isSetBy: (setCookie) => isSameCookie(setCookie, { name }),
    serialize: (token, { maxAge, expires, secure }) =>
      [
        `${name}=${token}`,
        ...(maxAge === undefined ? [] : [`Max-Age=${maxAge}`]),
        'Path=/',
        ...(expires === undefined ? [] : [`Expires=${expires.toUTCString()}`]),
        'HttpOnly',
        ...(secure === false ? [] : ['Secure']),
        'SameSite=Lax',
      ].join('; '),
  }
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
