import { NEWS } from './site.ts'
import type { OPENINGS, Page } from './site.ts'
import { createVisitor, visit, visitOnce } from './visits.ts'
import type { Answer, Visits } from './visits.ts'
import { describe, expect, it } from 'vitest'

type Opening = (typeof OPENINGS)[number]

interface Attacked {
  readonly pages: Readonly<Record<string, Page>>
  /** Whether it is @hono/node-server, which sends a body of its own class twice, and texts with their length. */
  readonly isNodeServer?: boolean
  /** Whether a HEAD uses up the body of a Response and the server ends when that is sent again: Deno's. */
  readonly endsAfterHead?: boolean
}

/** The headers that are the page's, not the connection's. */
function headersOf({ headers }: Answer, without: readonly string[] = []): object {
  const names = ['connection', 'content-length', 'date', 'keep-alive', 'transfer-encoding']
  const own = [...headers].filter(([name]) => ![...names, ...without].includes(name))
  // Servers differ in how they spell the type of a text that has none of its own.
  return Object.fromEntries(
    own.map(([name, text]) => [name, text.replace('; c', ';c').toLowerCase()]),
  )
}

/** What session() says in the headers of a response. */
function traces(kept: string): [string, string][] {
  const headers = JSON.parse(kept) as [string, string][]
  return headers.filter(([name, value]) => {
    if (name === 'vary') return /cookie/i.test(value)
    return name === 'set-cookie' || (name === 'cache-control' && value.includes('private'))
  })
}

/** Ada signs in on every page of a site. Nothing of hers may reach anybody else, and every page works as it does without sessions. */
export function attack(origin: () => string, server: Attacked): void {
  const pages = Object.entries(server.pages).map(([page, facts]) => ({ page, ...facts }))
  const shared = pages.filter(
    ({ page, sendsAgain }) =>
      sendsAgain !== undefined || page === 'headers' || page.startsWith('cached'),
  )
  const hasConstantBody = ({ sendsAgain }: (typeof pages)[number]): boolean =>
    sendsAgain?.startsWith('body') === true
  const others = (page: (typeof pages)[number]): boolean => !hasConstantBody(page)

  /** What visitors see without sessions, which is asked for once: some servers end if a body is sent twice. */
  const plain = new Map<string, Promise<unknown>>()
  function withoutSessions<T>(name: string, ask: () => Promise<T>): Promise<T> {
    const answers = (plain.get(name) ?? ask()) as Promise<T>
    plain.set(name, answers)
    return answers
  }
  const plainVisits = (opening: Opening, page: string): Promise<Visits> =>
    withoutSessions(`${opening} ${page}`, () => visit(origin(), 'plain', opening, page))
  const plainVisitOnce = (opening: Opening, page: string): Promise<Answer> =>
    withoutSessions(`once ${opening} ${page}`, () => visitOnce(origin(), 'plain', opening, page))

  const seen = (answer: Answer, without: readonly string[] = []): unknown[] => [
    answer.status,
    answer.body,
    headersOf(answer, without),
  ]

  async function expectNoTrace(kind: string, opening: Opening, page: string): Promise<Visits> {
    const visits = await visit(origin(), kind, opening, page)
    const without = await plainVisits(opening, page)
    const first = (await plainVisits('GET', page)).opens
    for (const [where, answer] of Object.entries(visits.strangers)) {
      expect.soft(answer.headers.getSetCookie(), where).toEqual([])
      const ours = where.includes('without') ? [] : ['vary']
      // What the server sends without sessions, or sends of a Response that it has not sent before: Bun and srvx take away
      // the headers of what they send, so they would send a constant without any.
      const anew = where.includes('HEAD') ? { ...first, body: '' } : first
      const right = [without.strangers[where] as Answer, anew].map((other) => seen(other, ours))
      expect.soft(right, where).toContainEqual(seen(answer, ours))
    }
    expect.soft(traces(visits.kept)).toEqual([])
    // A Worker cannot clone a Response that another request has made, with or without sessions.
    if (visits.ada.signsIn.status < 500) {
      expect.soft(visits.ada.asksWho.body).toBe('hello lovelace')
    }
    expect.soft([without.ada.comesBack.status, first.status]).toContain(visits.ada.comesBack.status)
    return visits
  }

  describe.each(['cookie', 'memory'])('with %s storage', (kind) => {
    describe('keeps to herself what Ada gets', () => {
      it.each(pages.filter(others))('from $about', async ({ page, greets = false }) => {
        const { ada } = await expectNoTrace(kind, 'GET', page)
        const hello = greets ? 'hello lovelace' : ''
        expect.soft(ada.comesBack.body).toContain(hello)
      })

      describe.each(['HEAD', 'If-None-Match'] as const)('by %s', (opening) => {
        it.each(shared.filter(others))('from $about', async ({ page }) => {
          const { ada } = await expectNoTrace(kind, opening, page)
          expect.soft(ada.signsIn.headers.getSetCookie().length).toBeLessThan(2)
        })

        if (opening === 'HEAD' && server.endsAfterHead === true) return
        it.each(shared.filter(hasConstantBody))(
          'from $about, which is sent to a stranger then',
          async ({ page }) => {
            const answer = await visitOnce(origin(), kind, opening, page)
            expect(answer.headers.getSetCookie()).toEqual([])
            const expected = await plainVisitOnce(opening, page)
            if (expected.body !== NEWS) return // A HEAD uses it up on some servers, which cannot be helped.
            expect(seen(answer)).toEqual(seen(expected))
          },
        )
      })
    })

    it('sends a stream word by word, with the session cookie', async () => {
      const streamed = async (from: string): Promise<string[]> => {
        const url = `${origin()}/${from}/GET/stream?name=lovelace&pause=300`
        const response = await fetch(url)
        expect(response.headers.getSetCookie()).toHaveLength(from === 'plain' ? 0 : 1)
        const words: string[] = []
        for await (const chunk of response.body ?? []) words.push(new TextDecoder().decode(chunk))
        return words
      }
      const words = await streamed(kind)
      expect(words.join('')).toBe('hello lovelace')
      // In as many pieces as without a session: two, but Miniflare sends what it has in one.
      expect(words).toHaveLength((await streamed('plain')).length)
    })

    if (server.isNodeServer !== true) return

    // Only @hono/node-server sends a body twice, and only one of a Response of its own class.
    const bodies = shared.filter(
      ({ sendsAgain }) => sendsAgain === 'body of the class of the server',
    )
    it.each(bodies)(
      'keeps to herself what Ada gets from $about, which is sent to a stranger then',
      async ({ page }) => {
        const answer = await visitOnce(origin(), kind, 'GET', page)
        expect(answer.headers.getSetCookie()).toEqual([])
        expect(seen(answer)).toEqual(seen(await plainVisitOnce('GET', page)))
        expect(answer.body).toBe(NEWS)
      },
    )

    it('sends one Response with a body to everybody who has their session read', async () => {
      const url = `${origin()}/${kind}/GET/read-body`
      const ada = createVisitor()
      const cookies = [
        (await ada(`${url}?name=lovelace`)).headers.getSetCookie().length,
        (await createVisitor()(url)).headers.getSetCookie().length,
        (await ada(url)).headers.getSetCookie().length,
        (await createVisitor()(url)).headers.getSetCookie().length,
      ]
      expect(cookies).toEqual([1, 0, 0, 0])
      expect((await createVisitor()(url)).body).toBe(NEWS)
    })

    it.each(['text', 'headers', 'plain-init', 'json', 'bytes'])(
      'sends %s in one piece, with its length',
      async (page) => {
        const { headers, body } = await createVisitor()(
          `${origin()}/${kind}/GET/${page}?name=lovelace`,
        )
        expect(headers.getSetCookie()).toHaveLength(1)
        expect(headers.get('transfer-encoding')).toBe(null)
        expect(headers.get('content-length')).toBe(String(body.length))
      },
    )
  })
}
