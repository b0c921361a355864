import type { StoredValues } from '../session/session-values.ts'
import type { SessionBackend } from './session-backend.ts'

/** Keeps the values in the token itself. */
export const cookieBackend: SessionBackend = {
  kind: 'cookie',
  merges: false,
  immediate: true,
  keepsTimes: false,
  load(body) {
    const values = parseObject(body)
    return values === null ? 'invalid' : { id: '', values }
  },
  save: ({ values }) => ({ body: values.serialize(), id: '' }),
  end: () => undefined,
  endBody: () => undefined,
}

/** The object in a JSON text; null if there is none. */
export function parseObject(text: string): StoredValues | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value)
      ? (value as StoredValues | null)
      : null
  } catch {
    return null
  }
}
