import { createCookieSessionStorage } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import { Hono } from 'hono'

import { toCookie } from '../support/client.ts'
import { seriesFor, spreadOfTimes, timed, timeInTurns } from './clock.ts'
import type { Timed } from './clock.ts'
import { ORIGIN } from './scenarios.ts'
import type { Spread } from './statistics.ts'
import { SECRET } from './subject.ts'

/** An encrypted cookie with so many bytes of JSON. */
export interface PayloadRow {
  readonly bytes: number
  /** The whole Set-Cookie value, attributes included. */
  readonly setCookie: number
  /** Microseconds a request. */
  readonly read: Spread
  readonly count: Spread
}

interface PayloadData {
  count: number
  text: string
}

export async function measurePayloads(
  sizes: readonly number[],
  quick: boolean,
): Promise<PayloadRow[]> {
  const prepared: { bytes: number; setCookie: number; read: Timed; count: Timed }[] = []
  for (const bytes of sizes) {
    const app = createApp(bytes)
    const setCookie = (await app.request(`${ORIGIN}/start`)).headers.get('set-cookie') ?? ''
    const cookie = toCookie(setCookie)
    const ask = (path: string): Timed =>
      timed(async () => {
        const response = await app.request(ORIGIN + path, { headers: { cookie } })
        if (response.status !== 200) throw new Error(`${path}: ${response.status}`)
      })
    prepared.push({ bytes, setCookie: setCookie.length, read: ask('/read'), count: ask('/count') })
  }
  await timeInTurns(
    prepared.flatMap(({ read, count }) => [read, count]),
    seriesFor(quick),
  )
  return prepared.map(({ bytes, setCookie, read, count }) => ({
    bytes,
    setCookie,
    read: spreadOfTimes(read),
    count: spreadOfTimes(count),
  }))
}

function createApp(bytes: number): Hono {
  const storage = createCookieSessionStorage<PayloadData>({ cookie: { secrets: [SECRET] } })
  const text = 'x'.repeat(bytes - JSON.stringify({ count: 0, text: '' }).length)
  return new Hono()
    .use(session({ storage }))
    .get('/start', (c) => {
      c.var.session.set('count', 0)
      c.var.session.set('text', text)
      return c.text('ok')
    })
    .get('/read', (c) => {
      const found = c.var.session.get('text')
      return c.text(String(found?.length), found === text ? 200 : 404)
    })
    .get('/count', (c) => {
      c.var.session.set('count', (c.var.session.get('count') ?? 0) + 1)
      return c.text('ok')
    }) as unknown as Hono
}
