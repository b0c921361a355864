import {
  createCookieSessionStorage,
  createMemorySessionStorage,
  createSessionRunner,
  createStoreSessionStorage,
} from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import { createMemoryStore } from '../../src/storage/memory.ts'
import { toCookie } from '../support/client.ts'
import { SECRET } from '../support/secrets.ts'
import { requestWith, run, runWith, storage } from './run.ts'
import { describe, expect, it, vi } from 'vitest'

const cookie = { secrets: [SECRET] }

async function storedIn(used = storage): Promise<string> {
  const session = await used.getSession()
  session.set('start', true)
  return toCookie(await used.commitSession(session))
}

const cleared = [expect.stringContaining('__session=; Max-Age=0')]

describe('createSessionRunner', () => {
  it.each([
    ['the function itself, as a middleware gets it', (): void => {}],
    ['the Request of a middleware', new Request('https://app.example/')],
    ['an object of another class', new Map()],
    ['a list', []],
    ['null', null],
  ])('refuses options that are none: %s', (_, options) => {
    expect(() => createSessionRunner(options as object)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining('`session()`'),
      }),
    )
  })

  it('takes options without a prototype', () => {
    const options = Object.assign(Object.create(null) as object, { storage })
    expect(createSessionRunner(options)).toBeTypeOf('function')
  })

  it('places the session once, and before the store is asked', async () => {
    const store = createMemoryStore(10)
    const used = createStoreSessionStorage(store, { cookie })
    const calls: string[] = []
    const request = requestWith(await storedIn(used))
    const { read } = store
    vi.spyOn(store, 'read').mockImplementation((key) => (calls.push('read'), read(key)))
    const place = (): void => void calls.push('place')
    const runner = createSessionRunner({ storage: used })
    await runner(request, { place }, () => (calls.push('handler'), new Response()))
    expect(calls).toEqual(['place', 'read', 'handler'])
  })
})

describe('the final status', () => {
  it.each([
    [200, 1],
    [303, 1],
    [404, 1],
    [499, 1],
    [500, 0],
    [503, 0],
    [599, 0],
  ])('%d sets %d cookies', async (status, count) => {
    const response = await run((session) => {
      session.set('n', 1)
      return new Response(null, { status })
    })
    expect(response.headers.getSetCookie()).toHaveLength(count)
  })

  it('is overridden by `saveIf`, which sees the response', async () => {
    const saveIf = vi.fn((response: Response) => response.status === 500)
    const use = (status: number) =>
      run((session) => (session.set('n', 1), new Response(null, { status })), '', {
        storage,
        saveIf,
      })
    expect((await use(500)).headers.getSetCookie()).toHaveLength(1)
    expect((await use(200)).headers.getSetCookie()).toEqual([])
    expect(saveIf.mock.calls.map(([response]) => response.status)).toEqual([500, 200])
  })

  it('saves nothing without a response', async () => {
    const used = createMemorySessionStorage({ cookie })
    const before = await storedIn(used)
    const response = await run((session) => (session.set('n', 1), undefined), before, {
      storage: used,
    })
    expect(response).toBeUndefined()
    expect((await used.getSession(before)).data).toEqual({ start: true })
  })

  it('that saves nothing does not compare values, which could throw', async () => {
    const response = await run((session) => {
      const list: unknown[] = []
      session.set('list', list)
      session.get('list').push(new Map())
      return new Response(null, { status: 500 })
    })
    expect(response.status).toBe(500)
  })
})

describe('destroy()', () => {
  it.each([200, 302, 404, 500, 503])('holds with status %d', async (status) => {
    const used = createMemorySessionStorage({ cookie })
    const before = await storedIn(used)
    const response = await run(
      (session) => (session.destroy(), new Response(null, { status })),
      before,
      { storage: used, saveIf: () => false },
    )
    expect(response.headers.getSetCookie()).toEqual(cleared)
    expect(response.headers.get('Cache-Control')).toBe('private')
    expect((await used.getSession(before)).origin).toBe('unknown')
  })

  it.each([
    ['throws', () => Promise.reject(new Error('broken'))],
    ['gives nothing', () => undefined],
  ])('holds where the handler %s: the record goes', async (_, leave) => {
    const used = createMemorySessionStorage({ cookie })
    const before = await storedIn(used)
    const request = run<undefined>((session) => (session.destroy(), leave()), before, {
      storage: used,
    })
    await request.catch((error: Error) => expect(error.message).toBe('broken'))
    expect((await used.getSession(before)).origin).toBe('unknown')
  })

  it('holds with a thrown Response', async () => {
    const before = await storedIn()
    const request = run((session): Response => {
      session.destroy()
      throw new Response(null, { status: 503 })
    }, before)
    const thrown = (await request.catch((response: unknown) => response)) as Response
    expect(thrown.status).toBe(503)
    expect(thrown.headers.getSetCookie()).toEqual(cleared)
  })

  it('hides no error of the handler behind one of the store, and prints that one', async () => {
    const store = createMemoryStore(10)
    const used = createStoreSessionStorage(store, { cookie })
    const before = await storedIn(used)
    const report = vi.spyOn(console, 'error').mockImplementation(() => {})
    vi.spyOn(store, 'update').mockRejectedValue(new Error('no connection'))
    const request = run(
      (session): Response => {
        session.destroy()
        throw new Error('broken')
      },
      before,
      { storage: used },
    )
    await expect(request).rejects.toThrow('broken')
    expect(report.mock.calls).toEqual([
      [
        expect.stringContaining('could not be ended'),
        expect.objectContaining({ code: 'ERR_SESSION_STORAGE' }),
      ],
    ])
  })
})

describe('what a handler throws', () => {
  const thrownBy = (response: Response, use: (session: Session) => void): Promise<unknown> =>
    run((session): Response => {
      use(session)
      throw response
    }).then(
      () => expect.unreachable('the Response was returned'),
      (thrown: unknown) => thrown,
    )

  it('is committed and thrown on if it is a Response', async () => {
    const redirect = Response.redirect('https://app.example/next', 303)
    const thrown = (await thrownBy(redirect, (session) => session.set('n', 1))) as Response
    expect(thrown).not.toBe(redirect)
    expect([thrown.status, thrown.headers.get('Location')]).toEqual([
      303,
      'https://app.example/next',
    ])
    expect(thrown.headers.getSetCookie()).toHaveLength(1)
    expect(redirect.headers.getSetCookie()).toEqual([])
  })

  it('is the very Response if nobody has looked at the session', async () => {
    const redirect = Response.redirect('https://app.example/next', 303)
    expect(await thrownBy(redirect, () => {})).toBe(redirect)
  })

  it('saves nothing if it is a Response of status 500', async () => {
    const thrown = (await thrownBy(new Response(null, { status: 500 }), (session) =>
      session.set('n', 1),
    )) as Response
    expect(thrown.headers.getSetCookie()).toEqual([])
  })

  it('gives way to the failure of its commit', async () => {
    const store = createMemoryStore(10)
    vi.spyOn(store, 'create').mockRejectedValue(new Error('no connection'))
    const request = run(
      (session): Response => {
        session.set('n', 1)
        throw new Response()
      },
      '',
      { storage: createStoreSessionStorage(store, { cookie }) },
    )
    await expect(request).rejects.toMatchObject({ code: 'ERR_SESSION_STORAGE' })
  })

  it.each([
    ['an Error', new Error('broken')],
    ['an Error with a status and headers', Object.assign(new Error(), new Response())],
    ['a text', 'text'],
    ['null', null],
    ['undefined', undefined],
    ['an object with a status', { status: 200 }],
    ['an object with headers', { headers: new Headers() }],
    ['an object with both', { status: 200, headers: new Headers() }],
  ])('is rethrown if it is no Response, and closes the session: %s', async (_, thrown) => {
    let left: Session | undefined
    const request = run((session): Response => {
      left = session
      session.set('n', 1)
      throw thrown
    })
    await expect(request).rejects.toBe(thrown)
    expect(() => left?.set('n', 2)).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }))
    const { headers } = (thrown ?? {}) as Partial<Response>
    expect([...(headers ?? [])]).toEqual([])
  })

  it('leaves the request free for another visit, even if it was thrown at once', async () => {
    const runner = createSessionRunner({ storage })
    const request = requestWith('')
    const broken = runWith(runner, request, (): Response => {
      throw new Error('broken')
    })
    await expect(broken).rejects.toThrow('broken')
    const use = (session: Session): Response => (session.set('n', 1), new Response('ok'))
    expect((await runWith(runner, request, use)).headers.getSetCookie()).toHaveLength(1)
  })
})

describe('Secure', () => {
  it.each([
    ['http://localhost/', false],
    ['http://shop.example/', true],
    ['https://localhost/', true],
  ])('of a cookie for %s is %s', async (url, secure) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const runner = createSessionRunner({ storage: createCookieSessionStorage({ cookie }) })
    const use = (session: Session): Response => (session.set('n', 1), new Response())
    const { headers } = await runWith(runner, requestWith('', url), use)
    expect(/; Secure/.test(headers.getSetCookie()[0] ?? '')).toBe(secure)
  })
})
