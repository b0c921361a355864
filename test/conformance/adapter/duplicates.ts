import { describe, expect, it } from 'vitest'

import { toCookie } from '../../support/client.ts'
import type { Visit } from './app.ts'
import { at, COOKIE, requestWith, signedIn } from './helpers.ts'
import type { Setup } from './helpers.ts'

const WITH_DOMAIN = { ...COOKIE, domain: 'app.example' }

function account({ path, session }: Visit): Response {
  if (path === '/logout') session().destroy()
  if (path === '/login') session().regenerate()
  if (path === '/set') session().set('n', 1)
  if (path === '/logout') return new Response('bye')
  return Response.json([session().origin, session().get('user') ?? null])
}

/** Several authentic cookies under one name. */
export function describeDuplicates({ kind, storageWith, visit }: Setup): void {
  describe('several cookies of one name', () => {
    const storage = storageWith({ cookie: WITH_DOMAIN })
    const app = () => visit(account, { storage })

    async function oldAndNew(): Promise<[older: string, newer: string]> {
      const older = await signedIn(storage, 'ada')
      at(60)
      return [older, await signedIn(storage, 'bob')]
    }
    const ask = async (cookie: string, path = '/'): Promise<unknown> =>
      (await app().fetch(requestWith(cookie, path))).json()

    it('are the session that was issued last, wherever it stands in the header', async () => {
      const [older, newer] = await oldAndNew()
      expect(await ask(`${older}; ${newer}`)).toEqual(['resumed', 'bob'])
      expect(await ask(`${newer}; ${older}`)).toEqual(['resumed', 'bob'])
    })

    it('are the last in the header where they were issued at one moment', async () => {
      const [one, two] = [await signedIn(storage, 'ada'), await signedIn(storage, 'bob')]
      expect(await ask(`${one}; ${two}`)).toEqual(['resumed', 'bob'])
      expect(await ask(`${two}; ${one}`)).toEqual(['resumed', 'ada'])
    })

    it('are opened however much junk comes with them, up to 8 values', async () => {
      const cookie = await signedIn(storage, 'ada')
      const junk = (values: number): string =>
        Array.from({ length: values }, (_, i) => `__session=junk${i}; `).join('')
      expect(await ask(junk(7) + cookie)).toEqual(['resumed', 'ada'])
      expect(await ask(junk(8) + cookie)).toEqual(['tampered', null])
    })

    it('are cleared where they have no Domain as soon as a new cookie is sent', async () => {
      const [older, newer] = await oldAndNew()
      const response = await app().fetch(requestWith(`${older}; ${newer}`, '/login'))
      const [set, cleared, ...others] = response.headers.getSetCookie()
      expect(set).toMatch(/^__session=[^;]+; .*Domain=app\.example/)
      expect(cleared).toMatch(/^__session=; Max-Age=0; Path=\//)
      expect(cleared).not.toContain('Domain')
      expect(others).toEqual([])
    })

    it('are all cleared by a logout, with the Domain and without', async () => {
      const [older, newer] = await oldAndNew()
      for (const cookie of [`${older}; ${newer}`, newer]) {
        const { headers } = await app().fetch(requestWith(cookie, '/logout'))
        const texts = headers.getSetCookie()
        expect(texts.map(toCookie)).toEqual(['__session=', '__session='])
        expect(texts.map((text) => /; Domain=app\.example/.test(text))).toEqual([true, false])
      }
    })

    it('are all cleared by a logout by hand, of which a handler can send one text', async () => {
      const [older, newer] = await oldAndNew()
      for (const sends of [true, false]) {
        const byHand = visit(
          async ({ session }) => {
            const setCookie = await storage.destroySession(session())
            return new Response('bye', sends ? { headers: { 'set-cookie': setCookie } } : {})
          },
          { storage },
        )
        const texts = (await byHand.fetch(requestWith(`${older}; ${newer}`))).headers.getSetCookie()
        expect(texts.map(toCookie)).toEqual(['__session=', '__session='])
        expect(texts.map((text) => /; Domain=app\.example/.test(text))).toEqual([true, false])
      }
    })

    if (kind === 'memory storage') {
      it('all end with a logout', async () => {
        const [older, newer] = await oldAndNew()
        await app().fetch(requestWith(`${older}; junk; ${newer}`, '/logout'))
        for (const cookie of [older, newer]) expect(await ask(cookie)).toEqual(['unknown', null])
      })

      it('are no session where the newest is unknown: no other takes its place', async () => {
        const [older, newer] = await oldAndNew()
        await app().fetch(requestWith(newer, '/logout'))
        expect(await ask(`${older}; ${newer}`)).toEqual(['unknown', null])
        expect(await ask(older)).toEqual(['resumed', 'ada'])
      })
    }
  })
}
