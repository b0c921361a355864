import { createSessionRunner, createStoreSessionStorage } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { requestWith, run } from './run.ts'
import { describe, expect, it, vi } from 'vitest'

const cookie = { secrets: [SECRET] }

/** A session that is stored, in a store that is about to fail. */
async function begin() {
  const store = createMemoryStore(10)
  const storage = createStoreSessionStorage(store, { cookie })
  const session = await storage.getSession()
  session.set('start', true)
  return { store, storage, before: toCookie(await storage.commitSession(session)) }
}

describe('a session that cannot be saved', () => {
  it('does not end', async () => {
    const { store, storage, before } = await begin()
    vi.spyOn(store, 'update').mockRejectedValueOnce(new Error('no connection'))
    const use = (session: Session): Response => (session.set('n', 1), new Response())
    await expect(run(use, before, { storage })).rejects.toThrow('no connection')
    expect((await storage.getSession(before)).data).toEqual({ start: true })
  })
})

describe('a session that cannot be read', () => {
  it('does not end', async () => {
    const { store, storage, before } = await begin()
    vi.spyOn(store, 'read').mockRejectedValueOnce(new Error('no connection'))
    const request = run(() => new Response(), before, { storage })
    await expect(request).rejects.toThrow('no connection')
    expect((await storage.getSession(before)).data).toEqual({ start: true })
  })

  it('fails the request, and is empty and closed for the page of the error', async () => {
    const { store, storage, before } = await begin()
    vi.spyOn(store, 'read').mockRejectedValue(new Error('no connection'))
    const warn = vi.spyOn(console, 'warn')
    let placed: Session | undefined
    const handler = vi.fn(() => new Response())
    const place = (session: Session): void => void (placed = session)
    const request = createSessionRunner({ storage })(requestWith(before), { place }, handler)
    await expect(request).rejects.toMatchObject({ code: 'ERR_SESSION_STORAGE' })
    expect(handler).not.toHaveBeenCalled()
    expect(placed?.data).toEqual({})
    expect(warn).not.toHaveBeenCalled()
    expect(() => placed?.set('n', 1)).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }),
    )
  })
})
