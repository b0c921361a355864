import { SessionError } from 'fetch-sessions'
import { expect, it } from 'vitest'

it('a SessionError says in a log what it is', () => {
  expect(String(new SessionError('ERR_SESSION_CONFIG', 'why'))).toBe('SessionError: why')
})
