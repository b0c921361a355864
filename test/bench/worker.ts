import { prove } from './proofs.ts'
import { createRequestSource } from './scenarios.ts'
import type { RequestSource, Scenario } from './scenarios.ts'
import type { App, Subject } from './subject.ts'
import { subject as cookieSubject } from './subjects/ours-cookie-hono.ts'
import { subject as memorySubject } from './subjects/ours-memory-hono.ts'
import { subject as honoSessions } from './subjects/hono-sessions-cookie.ts'
import { subject as ironSession } from './subjects/iron-session.ts'

const SUBJECTS: Record<string, Subject> = {
  'hono-sessions-cookie': honoSessions,
  'iron-session': ironSession,
  'ours-cookie-hono': cookieSubject,
  'ours-memory-hono': memorySubject,
}

/** What is about to be measured. Clocks stand still in a Worker, so it is measured from outside, in two steps. */
interface Prepared {
  readonly app: App
  readonly source: RequestSource
  readonly cookies: (string | undefined)[]
}

let prepared: Prepared | undefined
const apps = new Map<string, App>()

export default {
  /** `/prove`, `/prepare` or `/run`, with `subject`, `side`, `scenario` and `requests` as the query. */
  async fetch(request: Request): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url)
    const id = searchParams.get('subject') ?? ''
    const subject = SUBJECTS[id]
    if (subject === undefined) return new Response(Object.keys(SUBJECTS).join(), { status: 404 })
    if (pathname === '/prove') {
      await prove(subject)
      return new Response('proved')
    }
    if (pathname === '/prepare') {
      prepared = await prepare(id, subject, searchParams)
      return new Response('prepared')
    }
    return new Response(String(prepared === undefined ? 0 : await run(prepared)))
  },
}

async function prepare(id: string, subject: Subject, query: URLSearchParams): Promise<Prepared> {
  const app = appOf(`${id} subject`, () => subject.create())
  const source = await createRequestSource(app, query.get('scenario') as Scenario)
  const onFloor = query.get('side') === 'floor'
  const cookies: (string | undefined)[] = []
  for (let count = Number(query.get('requests')); count > 0; count--) {
    cookies.push(source.cookie())
  }
  return { app: onFloor ? appOf(`${id} floor`, () => subject.createFloor()) : app, source, cookies }
}

function appOf(key: string, create: () => App): App {
  const app = apps.get(key) ?? create()
  apps.set(key, app)
  return app
}

/** Request objects cannot outlive a request to the Worker, so that both sides make them on the clock. */
async function run({ app, source, cookies }: Prepared): Promise<number> {
  for (const cookie of cookies) {
    const { status } = await app.fetch(source.request(cookie))
    if (status !== 200) throw new Error(`The subject answered ${status}.`)
  }
  return cookies.length
}
