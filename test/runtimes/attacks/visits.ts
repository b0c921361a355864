import type { OPENINGS } from './site.ts'

export interface Answer {
  /** 0 where the server broke off. */
  readonly status: number
  readonly body: string
  readonly headers: Headers
}

type Opening = (typeof OPENINGS)[number]

const REQUESTS: Record<Opening, RequestInit> = {
  GET: {},
  HEAD: { method: 'HEAD' },
  'If-None-Match': { headers: { 'If-None-Match': '"1"' } },
}

export interface Visits {
  /** What Ada got first, by whatever method. */
  readonly opens: Answer
  /** What Ada got, who has signed in. */
  readonly ada: Record<'signsIn' | 'comesBack' | 'asksWho', Answer>
  /** What everybody else got, each of them on a first visit. */
  readonly strangers: Record<string, Answer>
  /** The headers of what the page keeps, in the end. */
  readonly kept: string
}

/** Ada opens a page by signing in, strangers ask for it, Ada signs in once more, and strangers ask again. */
export async function visit(
  origin: string,
  kind: string,
  opening: Opening,
  page: string,
): Promise<Visits> {
  const area = `${origin}/${kind}/${opening}`
  const inside = `${area}/${page}`
  const outside = `${origin}/outside/${kind}/${opening}/${page}`
  const ada = createVisitor()
  const askAsStranger: Visitor = (url, init) => createVisitor()(url, init)
  const HEAD = { method: 'HEAD' }

  const opens = await ada(`${inside}?name=lovelace`, REQUESTS[opening])
  const before = {
    'a page with a session': await askAsStranger(inside),
    'a page without': await askAsStranger(outside),
    'the HEAD of a page with a session': await askAsStranger(inside, HEAD),
    'the HEAD of a page without': await askAsStranger(outside, HEAD),
  }
  const signsIn = await ada(`${inside}?name=lovelace`)
  const comesBack = await ada(inside)
  return {
    opens,
    ada: { signsIn, comesBack, asksWho: await ada(`${area}/whoami`) },
    strangers: {
      ...before,
      'a page with a session, later': await askAsStranger(inside),
      'a page without, later': await askAsStranger(outside),
      'a page with a session, at last': await askAsStranger(inside),
      'a page without, at last': await askAsStranger(outside),
    },
    kept: (await askAsStranger(`${outside}?kept`)).body,
  }
}

export type Visitor = (url: string, init?: RequestInit) => Promise<Answer>

/** Somebody with a jar for the cookies that come. */
export function createVisitor(): Visitor {
  const jar = new Map<string, string>()
  return async (url, { headers, ...init } = {}) => {
    const request = new Request(url, { ...init, ...(headers && { headers }), redirect: 'manual' })
    if (jar.size > 0) {
      request.headers.set('Cookie', [...jar].map((pair) => pair.join('=')).join('; '))
    }
    try {
      const response = await fetch(request, { signal: AbortSignal.timeout(10_000) })
      for (const text of response.headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? []
        jar.set(name, value)
      }
      const { status } = response
      return { status, headers: response.headers, body: await response.text() }
    } catch (error) {
      return { status: 0, headers: new Headers(), body: String(error) }
    }
  }
}

/** Ada signs in on a page, and a stranger asks for it then. */
export async function visitOnce(
  origin: string,
  kind: string,
  opening: Opening,
  page: string,
): Promise<Answer> {
  const area = `/${kind}/${opening}/${page}`
  await createVisitor()(`${origin}${area}?name=lovelace`, REQUESTS[opening])
  return createVisitor()(`${origin}/outside${area}`)
}
