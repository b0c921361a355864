import { lightBodyOf } from '../../src/request/light-response.ts'
import { withSessionHeaders } from '../../src/request/response-headers.ts'
import { beforeAll, describe, expect, inject, it } from 'vitest'

const headers = { vary: true, isPrivate: true, setCookies: ['id=ada; Path=/'] }

/** What a light Response keeps for the server, as long as nobody has asked for more. */
function keptBy(response: Response): unknown {
  const symbol = Object.getOwnPropertySymbols(response).find(
    ({ description }) => description === 'cache',
  )
  return symbol === undefined ? undefined : (Reflect.get(response, symbol) as unknown)
}

/** A Response that bears a mark of its own. */
const marked = (mark: symbol, kept: unknown): Response =>
  Object.defineProperty(new Response('real'), mark, { value: kept })

describe('lightBodyOf', () => {
  it.each<[string, () => Response]>([
    ['a Response of the platform', () => new Response('real')],
    ['a subclass', () => new (class Page extends Response {})('real')],
    ['another symbol', () => marked(Symbol('body'), [200, 'kept', {}])],
    ['no list', () => marked(Symbol('cache'), 'kept')],
    ['a list of another length', () => marked(Symbol('cache'), [200, 'kept'])],
    ['no status', () => marked(Symbol('cache'), ['200', 'kept', {}])],
    ['a body that is none', () => marked(Symbol('cache'), [200, { body: 'kept' }, {}])],
    ['an absent body', () => marked(Symbol('cache'), [200, undefined, {}])],
    [
      'a mark of a prototype',
      () =>
        Object.setPrototypeOf(
          new Response('real'),
          marked(Symbol('cache'), [200, 'kept', {}]),
        ) as Response,
    ],
  ])('is none for %s', async (_, make) => {
    expect(lightBodyOf(make())).toBeUndefined()
  })

  it('is not asked where the server has not replaced the class of the platform', async () => {
    const response = marked(Symbol('cache'), [200, 'kept', {}])
    const sent = withSessionHeaders(response, headers)
    expect(await sent.text()).toBe('real')
  })
})

const isNode = [undefined, 'node'].includes(inject('runtime') as string | undefined)

describe.runIf(isNode)('a light Response of @hono/node-server', () => {
  const Native = Response

  beforeAll(async () => {
    const { getRequestListener } = await import('@hono/node-server')
    getRequestListener(() => new Response()) // replaces the global class
  })

  it('takes the place of the class of the platform', () => {
    expect(Response).not.toBe(Native)
    expect(keptBy(new Response('page'))).toEqual([200, 'page', undefined])
  })

  const init = { status: 201, headers: { 'content-type': 'text/html', 'x-page': '1' } }
  const bodies: [string, () => BodyInit | null, string][] = [
    ['a text', () => 'page', 'page'],
    ['no body', () => null, ''],
    ['bytes', () => new TextEncoder().encode('page'), 'page'],
    ['a Blob', () => new Blob(['page']), 'page'],
    ['a stream', () => new Native('page').body, 'page'],
  ]

  it.each(bodies)('is copied light, and not changed itself: %s', async (_, create, text) => {
    const body = create()
    const response = new Response(body, init)
    const before = [...new Response(null, response).headers]
    const sent = withSessionHeaders(response, headers)
    expect(sent).not.toBe(response)
    for (const one of [response, sent]) expect(keptBy(one)).toMatchObject([201, body, {}])
    expect([...response.headers]).toEqual(before)
    expect(sent.headers).not.toBe(response.headers)
    expect([...sent.headers]).toEqual(
      [
        ...before,
        ['cache-control', 'private'],
        ['set-cookie', 'id=ada; Path=/'],
        ['vary', 'Cookie'],
      ].toSorted(([one = ''], [two = '']) => (one < two ? -1 : 1)),
    )
    expect([sent.status, await sent.text()]).toEqual([201, text])
  })

  it('may be a constant, which hands no cookie on', () => {
    const constant = new Response('page', init)
    for (const user of ['ada', 'eve']) {
      const setCookies = [`id=${user}`]
      const sent = withSessionHeaders(constant, { ...headers, setCookies })
      expect(sent.headers.getSetCookie()).toEqual(setCookies)
      expect(keptBy(sent)).toMatchObject([201, 'page', {}])
    }
    expect(constant.headers.getSetCookie()).toEqual([])
    expect(new Response('other', constant).headers.getSetCookie()).toEqual([])
  })

  it('shares no Headers with others that were made from the same', () => {
    const shared = new Headers({ 'x-page': '1' })
    const sent = withSessionHeaders(new Response('page', { headers: shared }), headers)
    expect(sent.headers.getSetCookie()).toHaveLength(1)
    expect([...shared]).toEqual([['x-page', '1']])
  })

  it('keeps the type that the server adds to a text', () => {
    const sent = withSessionHeaders(new Response('page'), headers)
    expect(sent.headers.get('Content-Type')).toBe('text/plain; charset=UTF-8')
  })

  it.each<[string, (response: Response) => unknown]>([
    ['its body', (response) => response.body],
    ['its statusText', (response) => response.statusText],
    ['a clone', (response) => response.clone()],
  ])('is copied in full once somebody has asked for %s', async (_, ask) => {
    const response = new Response('page', init)
    ask(response)
    expect(keptBy(response)).toBeUndefined()
    const sent = withSessionHeaders(response, headers)
    expect(sent).not.toBe(response)
    expect(sent.headers.getSetCookie()).toHaveLength(1)
    expect([...response.headers.keys()]).toEqual(['content-type', 'x-page'])
    expect([sent.status, await sent.text()]).toEqual([201, 'page'])
  })

  it.each<[string, () => Response]>([
    ['a Response of the platform', () => new Native('page', init)],
    ['a subclass of that', () => new (class Page extends Native {})('page', init)],
    ['a subclass of the light one', () => new (class Page extends Response {})('page', init)],
    ['one of fetch()', () => new Native('page', init).clone()],
    [
      'one that bears the mark',
      () =>
        Object.defineProperty(new Native('page', init), Symbol('cache'), {
          value: [200, 'kept', {}],
        }),
    ],
    [
      'a light one whose mark is no list',
      () =>
        Object.defineProperty(withoutMark(new Response('page', init)), Symbol('cache'), {
          value: 'kept',
        }),
    ],
  ])('is not taken from %s, which is copied all the same', async (_, make) => {
    const response = make()
    expect(lightBodyOf(response)).toBeUndefined()
    const sent = withSessionHeaders(response, headers)
    expect(sent).not.toBe(response)
    expect([...response.headers.keys()]).toEqual(['content-type', 'x-page'])
    expect(sent.headers.getSetCookie()).toHaveLength(1)
    expect([sent.status, await sent.text()]).toEqual([201, 'page'])
  })

  /** Light no more, since somebody has asked for more. */
  function withoutMark(response: Response): Response {
    void response.statusText
    return response
  }
})
