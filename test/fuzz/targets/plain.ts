import assert from 'node:assert/strict'
import { Buffer } from 'node:buffer'

import {
  createCookieSessionStorage,
  createSessionStorage,
  createStoreSessionStorage,
  SessionError,
} from '../../../src/index.ts'
import type { Session, SessionStorage } from '../../../src/index.ts'
import { createMemoryStore } from '../../../src/storage/memory.ts'
import { FIXED } from '../../../src/token/token.ts'
import { assertSetCookie } from '../set-cookie-syntax.ts'
import type { FuzzTarget } from '../target.ts'
import { fromText, toHeader, toText } from '../text.ts'

const NAME = '__session'
const options = { cookie: { protection: 'none' } } as const
const cookies = createCookieSessionStorage(options)
const records = createStoreSessionStorage(createMemoryStore(10), options)
/** Finds its one row under any id. */
const strategy = createSessionStorage({
  ...options,
  createData: async (data) => {
    row = { ...data }
    return 'id'
  },
  readData: async () => row,
  updateData: async (_id, data) => void (row = { ...data }),
  deleteData: async () => {},
})
let row: object = {}
const LATER = Date.UTC(2100, 0)

/** Whoever holds a plain cookie may write anything into it. Whatever that is, reading and committing it are safe. */
export const target: FuzzTarget = {
  async fuzz(data) {
    const text = toText(data)
    // The lifetime is chosen by hand, or the session would have ended 14 days after 1970.
    const fields = (kind: string): unknown[] => [1, kind, NAME, 0, 0, LATER, FIXED, text]
    for (const value of [toHeader(data), encode(text), encode(JSON.stringify(fields('cookie')))]) {
      await assertUsable(cookies, value)
    }
    row = {}
    await assertUsable(strategy, encode(JSON.stringify(fields('id'))))
    const id = await records.getSession(`${NAME}=${encode(JSON.stringify(fields('id')))}`)
    assert.notEqual(id.origin, 'resumed')
    assert.deepEqual(Object.keys(Object.prototype), [])
  },
  async seeds() {
    const bodies = [
      '{}',
      '{"user":"ada"}',
      '[{},"ada",1700000000000]',
      '["id","ada",1700000000000]',
      // A moment that no Date can hold.
      '[{},"ada",9e15]',
      '["id","ada",9e15]',
      '{"__proto__":{"a":1}}',
      '{"__flash_a__":1}',
    ]
    const body = '[{"a":{"b":[1]}},"ada",8.64e15]'
    const whole = [
      [1, 'cookie', NAME, 0, 1, LATER, 3, body],
      [1, 'cookie', NAME, 9e15, 1, LATER, 3, body],
      [1, 'cookie', NAME, 0, 1, 9e15, 1, body],
    ]
    return [...bodies, ...whole.map((fields) => JSON.stringify(fields))].map(fromText)
  },
}

function encode(text: string): string {
  return Buffer.from(text).toString('base64url')
}

/** @throws if a session of this cookie cannot be read, or is another one once it has been committed */
async function assertUsable(storage: SessionStorage, value: string): Promise<void> {
  const session = await storage.getSession(`${NAME}=${value}`)
  // As JSON, which knows no -0.
  const before = JSON.parse(JSON.stringify(session.data)) as object
  const { userId, authenticatedAt, createdAt, expiresAt } = session
  for (const moment of [authenticatedAt, createdAt, expiresAt]) {
    if (moment !== undefined) assert.ok(!Number.isNaN(moment.getTime()))
  }
  assert.equal(typeof session.isFresh(60), 'boolean')
  session.set('touched', true)
  const setCookie = await commit(storage, session)
  if (setCookie === undefined) return
  assertSetCookie(setCookie, NAME)
  const again = await storage.getSession(setCookie.split(';', 1)[0])
  assert.deepEqual({ ...again.data }, { ...before, touched: true })
  assert.equal(again.userId, userId)
}

async function commit(storage: SessionStorage, session: Session): Promise<string | undefined> {
  try {
    return await storage.commitSession(session)
  } catch (error) {
    // Browsers refuse what is too long, and so do we.
    if (error instanceof SessionError && error.code === 'ERR_SESSION_COOKIE_TOO_LARGE')
      return undefined
    throw error
  }
}
