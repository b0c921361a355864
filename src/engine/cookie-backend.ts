import type { SessionUser } from '../session/session-state.ts'
import type { StoredValues } from '../session/session-values.ts'
import { isMoment } from '../token/token.ts'
import type { LoadedSession, SessionBackend } from './session-backend.ts'

/**
 * Keeps the values in the token itself. Its body is the values as JSON, or an array if a user is signed in:
 *
 *   {…}
 *   [{…},"user id",authenticatedAt]
 */
export const cookieBackend: SessionBackend = {
  kind: 'cookie',
  merges: false,
  immediate: true,
  keepsTimes: false,
  load: (body) => parseCookieBody(body) ?? 'invalid',
  save({ values }, { user }) {
    const text = values.serialize()
    return { body: user === undefined ? text : withUser(text, user), id: '' }
  },
  end: () => undefined,
  endBody: () => undefined,
  idOf: () => '',
}

function withUser(text: string, { id, authenticatedAt }: SessionUser): string {
  return `[${text},${JSON.stringify(id)},${authenticatedAt}]`
}

/** The session in the body of a cookie; null if there is none. */
export function parseCookieBody(body: string): LoadedSession | null {
  try {
    const parsed: unknown = JSON.parse(body)
    if (typeof parsed !== 'object' || parsed === null) return null
    if (!Array.isArray(parsed)) return { id: '', values: parsed as StoredValues }
    const [values, id, authenticatedAt] = parsed as unknown[]
    if (typeof values !== 'object' || values === null || Array.isArray(values)) return null
    if (typeof id !== 'string' || !isMoment(authenticatedAt)) return null
    return { id: '', values: values as StoredValues, user: { id, authenticatedAt } }
  } catch {
    return null
  }
}
