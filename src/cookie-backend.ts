import { mapOf } from './entries.ts'
import type { SessionBackend } from './session-engine.ts'

/** Keeps the values in the token itself. */
export const cookieBackend: SessionBackend = {
  kind: 'cookie',
  immediate: true,
  keepsTimes: false,
  load(body) {
    const values = parseObject(body)
    return values === null ? 'invalid' : { id: '', values: mapOf(values) }
  },
  save: ({ values }) => ({ body: values.serialize(), id: '' }),
  remove: () => undefined,
}

function parseObject(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && !Array.isArray(value) ? value : null
  } catch {
    return null
  }
}
