import { createMemorySessionStorage, createStoreSessionStorage } from 'fetch-sessions'
import type { SessionStore } from 'fetch-sessions'
import { brokenStores } from '../support/broken-stores.ts'
import { coreMutants } from '../support/core-mutants.ts'
import { SECRET } from '../support/secrets.ts'
import { createApplication } from './application.ts'
import type { Answer, Application, Storage } from './application.ts'
import type { Life } from './lives.ts'
import { Model } from './model.ts'
import type { Traits } from './model.ts'
import { createRandom } from './random.ts'
import { Registry } from './registry.ts'
import { failures } from './report.ts'
import { inspectAll, runTraffic } from './traffic.ts'
import { describe, expect, it } from 'vitest'

const common = { cookie: { secrets: [SECRET] }, idleTimeout: 3600 }

/** Sends so many requests at least, or until something is wrong. */
async function soak(storage: Storage, requests: number, traits: Partial<Traits> = {}) {
  const promises = { indexed: true, compares: true, inCookie: false, ...traits }
  const model = new Model({ name: 'one', ...promises })
  const traffic = {
    model,
    applications: [createApplication(new Map([['one', storage]]))],
    random: createRandom(1),
    pause: 0,
    isOver: () => model.totals.requests >= requests || model.violations.length > 0,
    clockPeriod: () => 1,
  }
  await runTraffic(traffic)
  await inspectAll(traffic)
  return model
}

/** Signs in with the cookie of an anonymous session that lives, and is told that the sign-in was dropped. */
async function dropSignIn(meanwhile?: (model: Model, app: Application) => Promise<unknown>) {
  const model = new Model({ name: 'one', indexed: true, compares: true, inCookie: false })
  const nobody: Answer['seen'] = {
    origin: 'new',
    handle: '',
    user: undefined,
    secret: undefined,
    life: undefined,
    count: undefined,
    notice: undefined,
  }
  const answer: Answer = {
    seen: nobody,
    countAfter: undefined,
    outcome: 'kept',
    cookie: undefined,
    ended: undefined,
  }
  const app: Application = {
    async visit({ act }) {
      if (act.name === 'begin') return { ...answer, outcome: 'written', cookie: 'cookie' }
      if (act.name !== 'sign in') return { ...answer, ended: 0 }
      await meanwhile?.(model, app)
      const life = model.known.keyOf('cookie')?.life
      const seen = { ...nobody, life: life?.id, secret: life?.secret }
      return { ...answer, seen, outcome: 'retired' }
    },
  }
  await model.begin(app, undefined)
  await model.signIn(app, 'cookie', 'ada')
  return failures([model])
}

const isUncertain = (life: Life): boolean => life.isUncertain

const indexedOver = (store: SessionStore): Storage => createStoreSessionStorage(store, common)

describe('the soak', () => {
  it('finds nothing wrong with memory storage', async () => {
    const model = await soak(createMemorySessionStorage({ ...common, maxRecords: 1e6 }), 5_000)
    expect(failures([model])).toEqual([])
    const { sessions, ended } = model.known
    const { oldCookies, failedOtherwise } = model.totals
    expect(Math.min(sessions, ended, oldCookies)).toBeGreaterThan(100)
    expect(failedOtherwise).toBe(0)
  })

  it.each([
    ['that ends nothing', 'a session that has ended lives'],
    ['that names no user', 'a session that has ended lives'],
    ['that checks no version', 'the count is'],
    ['that takes every user for one', 'a cookie opens somebody else'],
  ])('finds what is wrong with a store %s', async (name, what) => {
    const create = coreMutants[name]?.create
    const model = await soak(indexedOver((create as () => SessionStore)()), 20_000)
    expect(failures([model]).join('\n')).toContain(what)
  })

  it.each([
    'never compares',
    'keeps the version of data that changes',
    'compares in a step of its own',
    'answers that it has written, and has not',
    'has one record for all keys',
  ])('finds what is wrong with a store that %s', async (name) => {
    const create = brokenStores[name]?.create
    const store = (create as () => SessionStore)()
    const model = await soak(indexedOver(store), 20_000, { indexed: false })
    expect(failures([model])).not.toEqual([])
  })

  it('finds a sign-in that is dropped without a reason', async () => {
    expect((await dropSignIn()).join('\n')).toContain('a write to a session that lives is dropped')
  })

  it('lets whoever ends the sessions of a user end one that is being signed in', async () => {
    expect(await dropSignIn((model, app) => model.endAll(app, 'ada'))).toEqual([])
  })

  it('lets whoever ends a session end what was begun under its id after a logout', () => {
    const known = new Registry(false)
    const first = known.begin('ada', 'secret', undefined)
    first.endings++
    const second = known.begin(undefined, 'secret', first)
    expect([second, known.begin('ada', 'secret', second)].map(isUncertain)).toEqual([true, true])
    first.endings--
    expect(isUncertain(known.begin('ada', 'secret', second))).toBe(false)
  })
})
