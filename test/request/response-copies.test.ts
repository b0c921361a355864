import { createMemorySessionStorage, createSessionRunner } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { run, runWith, storage } from './run.ts'
import { describe, expect, it, vi } from 'vitest'

async function stored(): Promise<string> {
  const session = await storage.getSession()
  session.set('start', true)
  return toCookie(await storage.commitSession(session))
}

describe('the response of a handler', () => {
  it('goes out as it is if nobody has looked at the session', async () => {
    const page = new Response('page')
    expect(await run(() => page, await stored())).toBe(page)
    expect(await run(() => page)).toBe(page)
  })

  it.each<[string, (session: Session) => unknown]>([
    ['was read', (session) => session.get('start')],
    ['was found empty', (session) => session.origin],
    ['was changed', (session) => session.set('n', 1)],
    ['was destroyed', (session) => session.destroy()],
    ['was loaded', (session) => session.load()],
  ])('is never changed, but copied, where the session %s', async (_, use) => {
    for (const body of ['page', null, new Uint8Array(3), new Blob(['page'])]) {
      const page = new Response(body, { headers: { 'cache-control': 'public', 'x-page': '1' } })
      const before = [...page.headers]
      const cookie = await stored()
      const sent = await run(async (session) => (await use(session), page), cookie)
      expect(sent).not.toBe(page)
      expect([...page.headers]).toEqual(before)
      expect(sent.headers.get('x-page')).toBe('1')
      expect(sent.headers.get('Vary')).toBe('Cookie')
    }
  })

  it('may be a constant without a body, which hands no cookie on to the next visitor', async () => {
    const constant = new Response(null, { status: 204 })
    const ada = await run((session) => (session.set('user', 'ada'), constant))
    expect(ada.headers.getSetCookie()).toHaveLength(1)
    const eve = await run(() => constant)
    expect(eve.headers.getSetCookie()).toEqual([])
    const headers = constant.headers
    expect((await run(() => new Response('', { headers }))).headers.getSetCookie()).toEqual([])
  })

  it.each<[string, (session: Session) => unknown]>([
    ['id', (session) => session.id],
    ['data', (session) => session.data],
    ['origin', (session) => session.origin],
    ['createdAt', (session) => session.createdAt],
    ['expiresAt', (session) => session.expiresAt],
    ['has', (session) => session.has('n')],
    ['get', (session) => session.get('n')],
    ['peek', (session) => session.peek('n')],
    ['load', (session) => session.load()],
  ])('varies by cookie where the handler used %s', async (_, use) => {
    const response = await run(async (session) => (await use(session), new Response()))
    expect(response.headers.get('vary')).toBe('Cookie')
    expect(response.headers.has('cache-control')).toBe(false) // nothing of a visitor was read
  })

  it('is private if it may hold what a session had', async () => {
    const response = await run((session) => new Response(session.get('start')), await stored())
    expect(response.headers.get('cache-control')).toBe('private')
    expect(response.headers.getSetCookie()).toEqual([])
  })

  it('is private if the session is still being loaded', async () => {
    const used = createMemorySessionStorage({ cookie: { secrets: [SECRET] } })
    const cookie = toCookie(await used.commitSession(await used.getSession()))
    const page = (session: Session): Response => {
      void session.load()
      return new Response('streaming')
    }
    const { headers } = await run(page, cookie, { storage: used, lazy: true })
    expect([headers.get('vary'), headers.get('cache-control')]).toEqual(['Cookie', 'private'])
  })

  it('is not private if the cookie was refused', async () => {
    const response = await run((session) => new Response(session.origin), '__session=junk')
    expect(await response.text()).toBe('tampered')
    expect(response.headers.get('vary')).toBe('Cookie')
    expect(response.headers.has('cache-control')).toBe(false)
  })

  it('warns where a stream is the first to look at its session', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    let late: Session | undefined
    const response = await run(
      (session) => {
        late = session
        return new Response('streaming')
      },
      await stored(),
    )
    expect(late?.get('start')).toBe(true)
    expect(response.headers.has('vary')).toBe(false)
    expect(warn.mock.calls.flat().join()).toContain('no `Vary: Cookie`')
  })
})

describe('an upgrade', () => {
  it('leaves a request that Deno closes, which nobody looks at any more', async () => {
    vi.stubGlobal('Deno', {})
    const headers = { upgrade: 'websocket' }
    const request = new Request('http://localhost/', { headers })
    const closed = (): never => {
      throw new TypeError('Request closed')
    }
    const response = await runWith(createSessionRunner({ storage }), request, (session) => {
      for (const name of ['method', 'url', 'headers']) {
        Object.defineProperty(request, name, { get: closed })
      }
      session.set('n', session.get('n') ?? 1)
      return new Response()
    })
    expect(response.headers.getSetCookie()).toEqual([expect.not.stringContaining('Secure')])
  })

  // Only servers can make a real one; test/runtimes/ has those.
  const switching = (headers: Headers): Response =>
    Object.defineProperties(new Response(), {
      status: { value: 101 },
      headers: { value: headers },
    })

  it('gets the cookie in that very response', async () => {
    const upgrade = switching(new Headers())
    expect(await run((session) => (session.set('n', 1), upgrade))).toBe(upgrade)
    expect(upgrade.headers.getSetCookie()).toHaveLength(1)
  })

  const immutable = (): Headers => {
    const refuse = (): never => {
      throw new TypeError('immutable')
    }
    return Object.assign(new Headers(), { append: refuse, set: refuse, delete: refuse })
  }

  it('says nothing if no cookie is lost in immutable headers', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const upgrade = switching(immutable())
    expect(await run((session) => (session.get('n'), upgrade))).toBe(upgrade)
    expect(warn).not.toHaveBeenCalled()
  })

  it('is sent without its cookie, and says so, where its headers are immutable', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const upgrade = switching(immutable())
    expect(await run((session) => (session.set('n', 1), upgrade), await stored())).toBe(upgrade)
    expect(upgrade.headers.getSetCookie()).toEqual([])
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('switches protocols'))
  })
})
