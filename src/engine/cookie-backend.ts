import type { SessionBackend } from './session-engine.ts'
import type { StoredValues } from '../session/session-values.ts'

/** Keeps the values in the token itself. */
export const cookieBackend: SessionBackend = {
  kind: 'cookie',
  immediate: true,
  keepsTimes: false,
  load(body) {
    const values = parseObject(body)
    return values === null ? 'invalid' : { id: '', values }
  },
  save: ({ values }) => ({ body: values.serialize(), id: '' }),
  remove: () => undefined,
}

function parseObject(text: string): StoredValues | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value)
      ? (value as StoredValues | null)
      : null
  } catch {
    return null
  }
}
