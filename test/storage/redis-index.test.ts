import { Redis } from 'ioredis'

import type { IndexedSessionStore } from 'fetch-sessions'
import { createRedisStore } from '../../src/storage/redis.ts'
import { foreignEngine, skipLoudly } from '../support/engine.ts'
import type { Engine } from '../support/engine.ts'
import { redisProgram, redisRemedy, redisUrl, startRedis } from '../support/redis-server.ts'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'

const HOUR = 3600_000
/** More than the ten minutes in which a key without its record may be about to get it. */
const LONG_AGO = 11 * 60_000

const isAbsent = redisProgram === undefined && redisUrl === undefined
if (isAbsent) skipLoudly('the index of Redis', redisRemedy)

describe.skipIf(isAbsent)('the index of Redis', () => {
  let engine: Engine
  let redis: Redis
  let store: IndexedSessionStore
  let user: string
  let other: string
  let index: string

  beforeAll(async () => {
    engine = redisProgram === undefined ? foreignEngine(redisUrl ?? '') : await startRedis()
    redis = new Redis(engine.url)
    redis.on('error', () => {})
    store = createRedisStore(redis)
  })
  afterAll(async () => {
    redis?.disconnect()
    await engine?.stop()
  })
  beforeEach(() => {
    user = crypto.randomUUID()
    other = crypto.randomUUID()
    index = `${user}:sessions`
  })

  const fromNow = (milliseconds: number): Date => new Date(Date.now() + milliseconds)
  const keysOf = async (): Promise<string[]> => (await store.keysOf(user)).keys.toSorted()

  /** Creates that many records of the user, and returns their keys in the order of the alphabet. */
  async function createMany(count: number, expires = fromNow(HOUR)): Promise<string[]> {
    const keys = Array.from({ length: count }, (_, n) => `${user}:${String(n).padStart(5, '0')}`)
    for (let from = 0; from < count; from += 500) {
      const part = keys.slice(from, from + 500)
      await Promise.all(part.map((key) => store.create(key, { data: 'data', expires, user })))
    }
    return keys
  }

  /** Makes keys look as if they had been put into the index so many milliseconds ago. */
  async function age(keys: readonly string[], milliseconds = LONG_AGO): Promise<void> {
    const score = String((Date.now() - milliseconds) * 1000)
    for (const key of keys) await redis.zadd(index, 'XX', score, key)
  }

  /** What Redis was told meanwhile, from inside of scripts too, each command with its name in capitals. */
  async function commandsDuring(use: () => Promise<unknown>): Promise<string[][]> {
    // ioredis mistakes what another client says while it connects, if that comes with the answer to MONITOR.
    await redis.ping()
    const monitor = await redis.monitor()
    const commands: string[][] = []
    monitor.on('monitor', (_time: string, [name = '', ...args]: string[]) =>
      commands.push([name.toUpperCase(), ...args]),
    )
    await use()
    const mark = crypto.randomUUID()
    await redis.echo(mark)
    while (!commands.some((command) => command[1] === mark)) await new Promise(setImmediate)
    monitor.disconnect()
    return commands.filter((command) => command[1] !== mark)
  }
  const toRedis = (commands: string[][]): string[] =>
    commands.flatMap(([name, , , key]) => (name === 'EVAL' ? [key ?? ''] : []))

  describe('and writes', () => {
    it('has a key before its record, when it is created and when it becomes the user’s', async () => {
      const [one, two] = [crypto.randomUUID(), crypto.randomUUID()]
      const created = await commandsDuring(() =>
        store.create(one, { data: 'data', expires: fromNow(HOUR), user }),
      )
      expect(toRedis(created)).toEqual([index, one])
      const version = await store.create(two, { data: 'data', expires: fromNow(HOUR) })
      const given = await commandsDuring(() =>
        store.update(two, String(version), { data: 'new', expires: fromNow(HOUR), user }),
      )
      expect(toRedis(given)).toEqual([index, two])
      expect(await keysOf()).toEqual([one, two].toSorted())
    })

    it('asks the record first where only it knows its expiry, which may have moved since', async () => {
      const key = crypto.randomUUID()
      const version = String(await store.create(key, { data: 'data', expires: fromNow(HOUR) }))
      const commands = await commandsDuring(async () => {
        const given = store.update(key, version, { data: 'new', user })
        // It arrives between the refusal and the index, and does not change the version.
        const moved = store.update(key, version, { expires: fromNow(9 * HOUR) })
        expect(await Promise.all([given, moved])).toEqual([expect.any(String), version])
      })
      expect(toRedis(commands)).toEqual([key, key, index, key, index, key])
      expect(await keysOf()).toEqual([key])
      expect(await redis.pttl(index)).toBeGreaterThan(await redis.pttl(key))
    })

    it('takes one command for data that stay the user’s, and none for a delete', async () => {
      const key = crypto.randomUUID()
      const version = await store.create(key, { data: 'data', expires: fromNow(HOUR), user })
      const commands = await commandsDuring(async () => {
        await store.update(key, String(version), { data: 'new', user })
        await store.delete(key)
      })
      const own = commands.filter(([name]) => name === 'EVAL' || name === 'DEL')
      expect(own.map(([name]) => name)).toEqual(['EVAL', 'DEL'])
      expect(JSON.stringify(commands)).not.toContain(index)
    })

    it('lists a record again that another process gives back while it is taken away', async () => {
      const key = crypto.randomUUID()
      const first = await store.create(key, { data: 'one', expires: fromNow(HOUR), user })
      await age([key])
      const second = await store.update(key, String(first), { data: 'two', user: other })
      const [, third] = await Promise.all([
        store.keysOf(user),
        store.update(key, String(second), { data: 'three', expires: fromNow(HOUR), user }),
      ])
      expect(third).not.toBeNull()
      expect(await keysOf()).toEqual([key])
      expect((await store.keysOf(other)).keys).toEqual([])
    })

    it('has nothing written if the index cannot be', async () => {
      const key = crypto.randomUUID()
      await redis.set(index, 'of another type')
      const record = { data: 'data', expires: fromNow(HOUR), user }
      await expect(store.create(key, record)).rejects.toThrow('WRONGTYPE')
      expect(await redis.exists(key)).toBe(0)
    })
  })

  describe('and its end', () => {
    it('outlives the longest record that it has, and no shorter one shortens it', async () => {
      const [long, short] = [crypto.randomUUID(), crypto.randomUUID()]
      const expires = fromNow(5 * HOUR)
      const version = await store.create(long, { data: 'data', expires, user })
      await store.create(short, { data: 'data', expires: fromNow(HOUR), user })
      expect(await redis.pttl(index)).toBeGreaterThan(await redis.pttl(long))
      expect(await redis.pttl(index)).toBeLessThan(5 * HOUR + 2 * 60_000)
      await store.update(long, String(version), { expires: fromNow(7 * HOUR), user })
      expect(await redis.pttl(index)).toBeGreaterThan(await redis.pttl(long))
      await store.create(crypto.randomUUID(), { data: 'data', expires: fromNow(-HOUR), user })
      expect(await redis.pttl(index)).toBeGreaterThan(await redis.pttl(long))
    })

    it('comes back at the next move of the expiry after it was evicted', async () => {
      const key = crypto.randomUUID()
      const version = await store.create(key, { data: 'data', expires: fromNow(HOUR), user })
      await redis.del(index)
      expect(await keysOf()).toEqual([])
      await store.update(key, String(version), { expires: fromNow(2 * HOUR), user })
      expect(await keysOf()).toEqual([key])
      expect(await redis.pttl(index)).toBeGreaterThan(await redis.pttl(key))
    })

    it.skipIf(redisProgram === undefined)('leaves nothing after FLUSHALL', async () => {
      const [key = ''] = await createMany(1)
      await redis.flushall()
      expect([await keysOf(), await store.read(key)]).toEqual([[], null])
      await createMany(2)
      expect(await keysOf()).toHaveLength(2)
    })
  })

  describe('and keys without a record', () => {
    it('leaves them out at once, and removes them after ten minutes', async () => {
      const [deleted = '', taken = '', byHand = '', kept = ''] = await createMany(4)
      await store.delete(deleted)
      const { version } = (await store.read(taken)) ?? { version: '' }
      await store.update(taken, version, { data: 'data', user: other })
      await redis.del(byHand)
      expect(await keysOf()).toEqual([kept])
      expect(await redis.zcard(index)).toBe(4)
      await age([deleted, taken, byHand, kept])
      expect(await keysOf()).toEqual([kept])
      expect(await redis.zrange(index, 0, -1)).toEqual([kept])
    })

    it('removes none that was put there again while its record was looked for', async () => {
      const key = crypto.randomUUID()
      await store.create(key, { data: 'data', expires: fromNow(HOUR), user })
      await store.delete(key)
      await age([key])
      // Each waits for the other before it sends what follows, so every command of one is between two of the other.
      await Promise.all([
        store.keysOf(user),
        store.create(key, { data: 'data', expires: fromNow(HOUR), user }),
      ])
      expect(await keysOf()).toEqual([key])
    })

    it('removes them at sign-ins too, though nobody lists, and though the oldest are alive', async () => {
      const alive = await createMany(30)
      await age(alive, 3 * LONG_AGO)
      const dead = Array.from({ length: 50 }, () => crypto.randomUUID())
      for (const key of dead) await redis.zadd(index, String(Date.now()), key)
      await age(dead, 2 * LONG_AGO)
      const record = { data: 'data', expires: fromNow(HOUR), user }
      const later = Array.from({ length: 8 }, () => crypto.randomUUID())
      for (const key of later) await store.create(key, record)
      expect(await redis.zrange(index, 0, -1)).toEqual(expect.arrayContaining([...alive, ...later]))
      expect(await redis.zcard(index)).toBe(38)
    })

    it('costs a sign-in nothing while there are less than ten old keys', async () => {
      await age(await createMany(9))
      const key = crypto.randomUUID()
      const commands = await commandsDuring(() =>
        store.create(key, { data: 'data', expires: fromNow(HOUR), user }),
      )
      expect(toRedis(commands)).toEqual([index, key])
      expect(commands.filter(([name]) => name === 'HMGET')).toEqual([])
    })

    it('does not grow with 300 sign-ins of which each ends', async () => {
      for (let n = 0; n < 300; n++) {
        const key = crypto.randomUUID()
        await store.create(key, { data: 'data', expires: fromNow(HOUR), user })
        await store.delete(key)
        await age([key])
      }
      expect(await redis.zcard(index)).toBeLessThanOrEqual(11)
    })
  })

  describe('of 10,000 sessions', () => {
    it('is listed in pages of at most 100, each key once', async () => {
      const keys = await createMany(10_000)
      const found: string[] = []
      let cursor: string | undefined
      const commands = await commandsDuring(async () => {
        do {
          const page = await store.keysOf(user, cursor)
          // Several that were put there in one microsecond are on one page.
          expect(page.keys.length).toBeLessThan(150)
          found.push(...page.keys)
          cursor = page.cursor
        } while (cursor !== undefined)
      })
      expect(found.toSorted()).toEqual(keys)
      const names = new Set(commands.map(([name]) => name))
      expect([...names].toSorted()).toEqual(['EVAL', 'HMGET', 'ZRANGEBYSCORE', 'ZSCORE'])
      expect(commands.filter(([name]) => name === 'EVAL').length).toBeLessThanOrEqual(101)
    })

    it('loses none that moves, and none with one score, while it is listed', async () => {
      const keys = await createMany(1000)
      await age(keys)
      const found = new Set<string>()
      let cursor: string | undefined
      do {
        const page = await store.keysOf(user, cursor)
        for (const key of page.keys) found.add(key)
        cursor = page.cursor
        // A renewal moves a key to the end.
        const key = keys[found.size % 1000] ?? ''
        const { version } = (await store.read(key)) ?? { version: '' }
        await store.update(key, version, { expires: fromNow(2 * HOUR), user })
      } while (cursor !== undefined)
      expect([...found].toSorted()).toEqual(keys)
    })
  })
})
