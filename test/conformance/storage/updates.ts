import type { Session, SessionStorage } from 'fetch-sessions'
import { COOKIE, request } from './back-end.ts'
import type { OpenBackEnd } from './back-end.ts'
import { describe, expect, it } from 'vitest'

const visited = (n = 0): number => n + 1

/** `update()`, in every storage. */
export function updateConformance(name: string, open: OpenBackEnd): void {
  const storageWith = async (): Promise<SessionStorage> => (await open())({ cookie: COOKIE })

  describe(`${name}, an update`, () => {
    it('sets what it makes of the value that is stored', async () => {
      const storage = await storageWith()
      let cookie = ''
      for (let i = 0; i < 3; i++) {
        cookie = await request(storage, cookie, (session) => {
          session.update('visits', visited)
          session.update('pages', (pages: string[] = []) => [...pages, `page ${i}`])
        })
      }
      expect((await storage.getSession(cookie)).data).toEqual({
        visits: 3,
        pages: ['page 0', 'page 1', 'page 2'],
      })
    })

    it('counts several in one request, and after a sign-in too', async () => {
      const storage = await storageWith()
      let cookie = await request(storage, '', (session) => {
        for (let i = 0; i < 3; i++) session.update('visits', visited)
      })
      cookie = await request(storage, cookie, (session) => {
        session.update('visits', visited)
        session.signIn('ada')
        session.update('visits', visited)
      })
      expect((await storage.getSession(cookie)).get('visits')).toBe(5)
    })

    it('leaves everything as it was, if it throws', async () => {
      const storage = await storageWith()
      const cookie = await request(storage, '', (session) => session.set('n', 1))
      const session = await storage.getSession(cookie)
      const fail = (): number => {
        throw new Error('broken')
      }
      expect(() => session.update('n', fail)).toThrow(new Error('broken'))
      expect([session.changed, session.get('n')]).toEqual([false, 1])
    })
  })
}

/** `update()` in simultaneous requests, in a storage that compares. */
export function simultaneousUpdates(name: string, open: OpenBackEnd): void {
  describe(`${name}, updates of simultaneous requests`, () => {
    it('all count, also those that change the object they are given', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const cookie = await request(storage, '', (session) => {
        session.set('pages', [])
        session.set('pushed', [])
      })
      await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          request(storage, cookie, (session) => {
            session.update('visits', visited)
            session.update('pages', (pages: number[]) => [...pages, i])
          }),
        ),
      )
      await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          request(storage, cookie, (session) => {
            session.update('pushed', (pages: number[]) => (pages.push(i), pages))
          }),
        ),
      )
      const session = await storage.getSession(cookie)
      const all = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
      expect(session.get('visits')).toBe(10)
      expect(session.get('pages').toSorted()).toEqual(all)
      expect(session.get('pushed').toSorted()).toEqual(all)
    })

    it('counts in a login that meets a write', async () => {
      const storage = (await open())({ cookie: COOKIE })
      const cookie = await request(storage, '', (session) => session.update('visits', visited))
      const login = await storage.getSession(cookie)
      login.signIn('ada')
      login.update('visits', visited)
      await request(storage, cookie, (session) => session.update('visits', visited))
      const [next = ''] = (await storage.commitSession(login)).split(';')
      const { userId, data } = await storage.getSession(next)
      expect([userId, data]).toEqual(['ada', { visits: 3 }])
    })

    it.each<[string, string | undefined, (session: Session) => void]>([
      ['signs out', undefined, (session) => session.signOut()],
      ['signs another user in', 'bob', (session) => session.signIn('bob')],
    ])(
      'gives nothing to a request that %s meanwhile, though it had nothing to clear',
      async (_, user, change) => {
        const storage = (await open())({ cookie: COOKIE })
        const cookie = await request(storage, '', (session) => session.signIn('ada'))
        const session = await storage.getSession(cookie)
        change(session)
        await request(storage, cookie, (late) => late.set('secret', 'of ada'))
        const [next = ''] = (await storage.commitSession(session)).split(';')
        const { origin, userId, data } = await storage.getSession(next)
        expect([origin, userId, data]).toEqual(['resumed', user, {}])
      },
    )
  })
}
