import { AsyncLocalStorage } from 'node:async_hooks'
import { rmSync } from 'node:fs'

import { context, metrics, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import type { Context, ContextManager } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { createCookieSessionStorage } from 'fetch-sessions'
import type { SessionEvent } from 'fetch-sessions'
import { session } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import { SECRET } from './support/secrets.ts'
import { snippetsOf, writeSnippets } from './support/snippets.ts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'

const folder = 'test/.guide-recipes'

/** A recipe of the guide, as it stands there. */
const recipe = async <Module>(name: string): Promise<Module> =>
  (await import(/* @vite-ignore */ `./.guide-recipes/${name}.ts`)) as Module

type Observe = (event: SessionEvent) => void

const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })

/** Requests of an application that is observed: a new visitor who writes, and one whose cookie is no session. */
async function requests(observe: Observe): Promise<void> {
  const app = new Hono().use(session({ storage, observe })).get('/', (c) => {
    c.var.session.set('cart', ['secret'])
    return c.text('ok')
  })
  await app.request('/')
  await app.request('/', { headers: { cookie: '__session=junk' } })
}

/** What @opentelemetry/context-async-hooks does, as far as a test needs it. */
function contexts(): ContextManager {
  const active = new AsyncLocalStorage<Context>()
  const manager: ContextManager = {
    active: () => active.getStore() ?? ROOT_CONTEXT,
    with: (to, use, self, ...args) => active.run(to, () => use.apply(self as never, args)),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  }
  return manager
}

beforeAll(() => writeSnippets(folder, snippetsOf('docs/guide/observing.md')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the recipes of docs/guide/observing.md', () => {
  it('log one line of JSON', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    await requests((await recipe<{ logSession: Observe }>('log')).logSession)
    const lines = log.mock.calls.map(([line]) => JSON.parse(String(line)) as object)
    expect(lines).toMatchObject([
      { message: 'session', origin: 'new', outcome: 'written', changed: ['cart'] },
      { message: 'session', origin: 'tampered', outcome: 'written', changed: ['cart'] },
    ])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  it('count with the metrics of OpenTelemetry', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
    const reader = new PeriodicExportingMetricReader({ exporter })
    metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
    await requests((await recipe<{ countSession: Observe }>('metrics')).countSession)
    await reader.forceFlush()
    const exported = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? []
    const points = exported.find(({ descriptor }) => descriptor.name === 'session.requests')
    const counts = points?.dataPoints.map(({ attributes, value }) => [
      attributes['session.origin'],
      value,
    ])
    expect(counts).toEqual([
      ['new', 1],
      ['tampered', 1],
    ])
    expect(exported.map(({ descriptor }) => descriptor.name)).toContain('session.store.duration')
    await reader.shutdown()
  })

  it('add to the span of the request', async () => {
    const exporter = new InMemorySpanExporter()
    const provider = new BasicTracerProvider({
      spanProcessors: [new SimpleSpanProcessor(exporter)],
    })
    const { traceSession } = await recipe<{ traceSession: Observe }>('spans')
    const span = provider.getTracer('test').startSpan('GET /')
    context.setGlobalContextManager(contexts())
    await context.with(trace.setSpan(context.active(), span), () => requests(traceSession))
    span.end()
    expect(exporter.getFinishedSpans()[0]?.attributes).toMatchObject({
      'session.origin': 'tampered',
      'session.outcome': 'written',
      'session.conflicts': 0,
    })
  })

  it('raise one alert for many refused cookies', async () => {
    const { alertOnRefusals } = await recipe<{
      alertOnRefusals(alert: (refused: number) => void, limits: { limit: number }): Observe
    }>('alert')
    const alert = vi.fn<(refused: number) => void>()
    const observe = alertOnRefusals(alert, { limit: 3 })
    for (let i = 0; i < 6; i++) await requests(observe)
    expect(alert.mock.calls).toEqual([[4]])
  })
})
