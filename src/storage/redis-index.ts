import type { KeyPage } from '../engine/store.ts'
import type { RedisCommands } from './redis-client.ts'

/**
 * The keys of a user's records: a sorted set of its own, which a cluster keeps on another server than the records. So no
 * step changes both, and three rules replace it:
 *
 * 1. A key is put into the index before its record becomes the user's, and again whenever the record's expiry moves.
 * 2. Deleting a record, or giving it to another user, leaves the key. A list leaves it out, because it asks the record.
 * 3. A key is removed only if it was put there ten minutes ago or earlier, and has no record of the user. Ten minutes are
 *    longer than any write between rule 1 and its record takes.
 *
 * Scores are the moments at which keys were put into the index, by the clock of the server that keeps it.
 */
export interface RedisIndex {
  /** Puts a key into the index of its user, until `expires` or later. */
  add(user: string, key: string, expires: number): Promise<void>
  page(user: string, cursor: string | undefined): Promise<KeyPage>
}

/** Sets `now` and the moment before which a key is `old`, in microseconds: numbers that a score holds exactly. */
const CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local old = now - 600 * 1000000`

/**
 * KEYS: the index. ARGV: the key, and the milliseconds until its record expires. Returns up to ten old keys, the oldest
 * first. The index outlives the record by a minute, because the clocks of servers differ.
 */
const ADD = `${CLOCK}
redis.call('ZADD', KEYS[1], 'GT', now, ARGV[1])
local ttl = math.max(0, ARGV[2]) + 60000
if redis.call('PTTL', KEYS[1]) < ttl then redis.call('PEXPIRE', KEYS[1], ttl) end
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', old, 'LIMIT', 0, 10)`

/** How many old keys ADD returns at most. */
const OLD = 10

/**
 * KEYS: the index. ARGV: the least score. Returns the least score of the next page, empty on the last; and a hundred keys,
 * with those that have the same score as the last of them.
 */
const PAGE = `
local keys = redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], '+inf', 'LIMIT', 0, 100)
if #keys < 100 then return { '', keys } end
local last = redis.call('ZSCORE', KEYS[1], keys[100])
return { '(' .. last, redis.call('ZRANGEBYSCORE', KEYS[1], ARGV[1], last) }`

/**
 * KEYS: the index. ARGV: keys, each before a 1 if the user has its record, otherwise a 0. Of those that are old still, the
 * first count as put there now, and the others go. One that was put there meanwhile is not old.
 */
const SWEEP = `${CLOCK}
for i = 1, #ARGV, 2 do
  local score = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if score and tonumber(score) <= old then
    if ARGV[i + 1] == '1' then redis.call('ZADD', KEYS[1], now, ARGV[i])
    else redis.call('ZREM', KEYS[1], ARGV[i]) end
  end
end`

interface Found {
  readonly key: string
  readonly isTheirs: boolean
  readonly isAlive: boolean
}

export function createRedisIndex({ hmget, run }: RedisCommands): RedisIndex {
  /** What the records of keys say. */
  function find(user: string, keys: readonly string[]): Promise<Found[]> {
    const now = Date.now()
    return Promise.all(
      keys.map(async (key) => {
        const [owner, expires] = await hmget(key, 'user', 'expires')
        return { key, isTheirs: owner === user, isAlive: Number(expires) > now }
      }),
    )
  }

  async function sweep(index: string, found: readonly Found[]): Promise<void> {
    if (found.length === 0) return
    const marked = found.flatMap(({ key, isTheirs }) => [key, isTheirs ? '1' : '0'])
    await run(SWEEP, index, ...marked)
  }

  return {
    async add(user, key, expires) {
      const index = indexOf(user)
      const old = (await run(ADD, index, key, String(expires - Date.now()))) as string[]
      // Most users never have as many. Those who do get rid of dead keys faster than they add new ones, though nobody lists
      // them: keys with a record move to the end, so that the next ten are others. If it fails, nothing is written yet.
      if (old.length === OLD) await sweep(index, await find(user, old))
    },
    async page(user, cursor = '-inf') {
      const index = indexOf(user)
      const [next, keys] = (await run(PAGE, index, cursor)) as [string, string[]]
      const found = await find(user, keys)
      // Redis itself deletes an expired record. Until then, a process whose clock is late may renew it.
      await sweep(
        index,
        found.filter(({ isTheirs }) => !isTheirs),
      )
      const alive = found.filter(({ isTheirs, isAlive }) => isTheirs && isAlive)
      return { keys: alive.map(({ key }) => key), cursor: next === '' ? undefined : next }
    },
  }
}

/** Keys of records end in 43 characters of base64url, so none of them ends like this. */
function indexOf(user: string): string {
  return `${user}:sessions`
}
