import { createMemorySessionStorage } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { run } from './run.ts'
import { expect, it } from 'vitest'

const cookie = { secrets: [SECRET] }
const storage = createMemorySessionStorage({ cookie })

async function signedIn(): Promise<string> {
  const session = await storage.getSession()
  session.signIn('ada')
  return toCookie(await storage.commitSession(session))
}

it('a sign-out holds, though the handler sends another session under the cookie', async () => {
  const before = await signedIn()
  const response = await run(
    async (session) => {
      session.signOut()
      const other = await storage.getSession()
      other.set('n', 1)
      return new Response('', { headers: { 'Set-Cookie': await storage.commitSession(other) } })
    },
    before,
    { storage },
  )
  const [setCookie, ...others] = response.headers.getSetCookie()
  expect(others).toEqual([])
  expect((await storage.getSession(toCookie(setCookie))).get('n')).toBe(1)
  expect((await storage.getSession(before)).origin).toBe('unknown')
})

it('a sign-out holds, though what follows it cannot be stored', async () => {
  const before = await signedIn()
  const leave = (session: Session): Response => {
    session.signOut()
    const notice: { text?: unknown } = {}
    session.set('notice', notice as { text: string })
    notice.text = () => 'bye'
    return new Response('')
  }
  await expect(run(leave, before, { storage })).rejects.toMatchObject({ code: 'ERR_SESSION_VALUE' })
  expect((await storage.getSession(before)).origin).toBe('unknown')
})

it('a sign-out that another storage commits ends the session in its own', async () => {
  const before = await signedIn()
  const session = await storage.getSession(before)
  session.signOut()
  await createMemorySessionStorage({ cookie }).commitSession(session)
  expect((await storage.getSession(before)).origin).toBe('unknown')
})
