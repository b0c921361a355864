import { Redis } from 'ioredis'

import type { IndexedSessionStore, SessionStore, StoredSession } from 'fetch-sessions'
import { createRedisStore } from '../../src/storage/redis.ts'
import { everyInterleaving } from '../../src/testing/interleave.ts'
import type { Request } from '../../src/testing/interleave.ts'
import { foreignEngine, skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { redisProgram, redisRemedy, redisUrl, startRedis } from '../support/redis-server.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

/** More than the ten minutes in which a key without its record may be about to get it. */
const LONG_AGO = 11 * 60_000

const isAbsent = redisProgram === undefined && redisUrl === undefined
if (isAbsent) skipLoudly('the index of Redis in every order', redisRemedy)

interface Subject {
  readonly store: IndexedSessionStore
  readonly key: string
  readonly ada: string
  readonly bob: string
}
type Operation = (subject: Subject) => Promise<unknown>

const inAnHour = (): Date => new Date(Date.now() + 3600_000)

/** Reads the record and changes it, as a request does. */
const changing =
  (change: (subject: Subject) => { data?: string; expires?: Date; user?: string }): Operation =>
  async (subject) => {
    const record = await subject.store.read(subject.key)
    if (record === null) return
    await subject.store.update(subject.key, record.version, {
      data: 'changed',
      ...change(subject),
    })
  }

const OPERATIONS: Record<string, Operation> = {
  'Ada’s list': ({ store, ada }) => store.keysOf(ada),
  'a sign-in that removes old keys': ({ store, key, ada }) =>
    store.create(`${key}:new`, { data: 'data', expires: inAnHour(), user: ada }),
  'a creation for Ada': ({ store, key, ada }) =>
    store.create(key, { data: 'data', expires: inAnHour(), user: ada }),
  'a write for Ada': changing(({ ada }) => ({ user: ada })),
  'a renewal for Ada': changing(({ ada }) => ({ user: ada, expires: inAnHour() })),
  'a write for Bob': changing(({ bob }) => ({ user: bob })),
  'a write for nobody': changing(() => ({})),
  'a deletion': ({ store, key }) => store.delete(key),
}
const names = Object.keys(OPERATIONS)
const pairs = names.flatMap((one, i) => names.slice(i).map((two) => [one, two]))
const BEFORE = ['Ada', 'Bob', 'nobody', 'no record']

describe.skipIf(isAbsent)('processes that share a Redis', () => {
  let engine: Engine
  let redis: Redis

  beforeAll(async () => {
    engine = redisProgram === undefined ? foreignEngine(redisUrl ?? '') : await startRedis()
    redis = new Redis(engine.url)
    redis.on('error', () => {})
  })
  afterAll(async () => {
    redis?.disconnect()
    await engine?.stop()
  })

  /** Runs the operations in every order of their commands, and looks at the index after each command. */
  function everyOrder(operations: readonly string[], before: string): Promise<number> {
    return everyInterleaving(
      async () => {
        const [key, ada, bob] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()]
        await prepare(before, { store: createRedisStore(redis), key, ada, bob })
        const problems: string[] = []
        const base = commandsAsReads(async (command) => {
          const answer = await redis.call(...command)
          for (const user of [ada, bob]) {
            const owner = await redis.hget(key, 'user')
            const score = await redis.zscore(`${user}:sessions`, key)
            if (owner === user && score === null) problems.push(command.join(' '))
          }
          return answer
        })
        const requests = operations.map((name): Request => (gated) => {
          const store = createRedisStore(clientOf(gated, redis, key))
          return OPERATIONS[name]?.({ store, key, ada, bob }) ?? Promise.reject(new Error(name))
        })
        return { base, requests, outcome: async () => problems }
      },
      (problems) => expect(problems, 'commands after which a record was in no index').toEqual([]),
    )
  }

  /** A record whose key was put into Ada's index long ago, among nine others that have no record. */
  async function prepare(before: string, { store, key, ada, bob }: Subject): Promise<void> {
    const long = String((Date.now() - LONG_AGO) * 1000)
    const others = Array.from({ length: 9 }, (_, n) => [long, `${key}:${n}`])
    const user = { Ada: ada, Bob: bob }[before]
    if (before !== 'no record') await store.create(key, { data: 'data', expires: inAnHour(), user })
    await redis.zadd(`${ada}:sessions`, long, key, ...others.flat())
    if (user === bob) await redis.zadd(`${bob}:sessions`, long, key)
  }

  describe.each(BEFORE)('whose record is that of: %s', (before) => {
    it.each(pairs)('find it in the index in every order of %s and %s', async (...operations) => {
      expect(await everyOrder(operations, before)).toBeGreaterThan(1)
    })
  })

  it.each([
    ['Ada’s list', 'a write for Bob', 'a write for Ada'],
    ['Ada’s list', 'a deletion', 'a creation for Ada'],
  ])('find it in the index in every order of %s, %s and %s', async (...operations) => {
    expect(await everyOrder(operations, 'Ada')).toBeGreaterThan(50)
  })
})

/** The scheduler knows the methods of a store. One of them carries the commands of a client here. */
function commandsAsReads(call: (command: [string, ...string[]]) => Promise<unknown>): SessionStore {
  const never = (): Promise<never> => Promise.reject(new Error('only commands are expected'))
  const read = (command: string): Promise<StoredSession | null> =>
    call(JSON.parse(command) as [string, ...string[]]) as Promise<StoredSession | null>
  return { read, create: never, update: never, delete: never }
}

/** Commands that touch neither the record nor an index are in no order: there would be millions. */
function clientOf(gated: SessionStore, redis: Redis, key: string): Pick<Redis, 'call'> {
  const isOther = (command: readonly string[]): boolean =>
    command[0] === 'HMGET' && command[1] !== key
  const call = (...command: [string, ...string[]]): Promise<unknown> =>
    isOther(command) ? redis.call(...command) : gated.read(JSON.stringify(command))
  return { call } as Pick<Redis, 'call'>
}
