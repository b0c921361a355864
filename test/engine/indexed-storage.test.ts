import { createMemorySessionStorage } from 'fetch-sessions/storage/memory'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it } from 'vitest'

const createStorage = (): ReturnType<typeof createMemorySessionStorage> =>
  createMemorySessionStorage({ cookie: { secrets: [SECRET] } })

describe('endSessions', () => {
  it.each([undefined, null, ''])('ends all of them where the exception is %o', async (except) => {
    const storage = createStorage()
    const session = await storage.getSession()
    session.signIn('ada')
    await storage.commitSession(session)
    expect(await storage.endSessions('ada', { except: except as string })).toBe(1)
  })

  it('says which text it needs, if a user id is none', async () => {
    await expect(createStorage().endSessions(42 as never)).rejects.toMatchObject({
      code: 'ERR_SESSION_VALUE',
      message: '`userId` is 42: give the text that signIn() was given, such as String(user.id).',
    })
  })
})
