import { assertClient } from '../util/client.ts'

/** The part of a client of `redis` (node-redis), or of a pool of them, that we call. */
interface NodeRedisLike {
  /** Sends one command, its name first, and returns the answer. */
  sendCommand(command: string[]): Promise<unknown>
}

/** The part of a cluster of `redis` (node-redis) that we call. */
interface NodeRedisClusterLike {
  /** Sends one command to the primary that has the key, and returns the answer. */
  sendCommand(key: string, isReadonly: boolean, command: string[]): Promise<unknown>
  /** Distinguishes a cluster from a client; never called. */
  nodeClient(node: never): unknown
}

/** The part of a sentinel of `redis` (node-redis) that we call. */
interface NodeRedisSentinelLike {
  /** Sends one command to the primary, and returns the answer. */
  sendCommand(isReadonly: boolean, command: string[]): Promise<unknown>
  /** Distinguishes a sentinel from a client; never called. */
  getSentinelNode(): unknown
}

/** The part of a `Redis` or a `Cluster` of `ioredis` that we call. */
interface IORedisLike {
  /** Sends one command and returns the answer. */
  call(command: string, ...parameters: string[]): Promise<unknown>
}

/** The part of a `GlideClient` or a `GlideClusterClient` of `@valkey/valkey-glide` that we call. */
interface GlideLike {
  /** Sends one command, its name first, and returns the answer. */
  customCommand(command: string[]): Promise<unknown>
}

/** The part of a `RedisClient` of Bun that we call. */
interface BunRedisLike {
  /** Sends one command and returns the answer. */
  send(command: string, parameters: string[]): Promise<unknown>
}

/** The part of a `Redis` of `@upstash/redis` that we call. */
interface UpstashLike {
  /** Runs a script and returns the answer. */
  eval(script: string, keys: string[], parameters: string[]): Promise<unknown>
}

/** @inline */
export type RedisClientLike =
  | NodeRedisLike
  | NodeRedisClusterLike
  | NodeRedisSentinelLike
  | IORedisLike
  | GlideLike
  | BunRedisLike
  | UpstashLike

/** What the back end sends. Each command has one key, so that a cluster knows where it belongs. */
export interface RedisCommands {
  /** The fields of a hash, each `null` where it is missing. */
  hmget(key: string, ...fields: string[]): Promise<(string | null)[]>
  /** Deletes a key. */
  del(key: string): Promise<unknown>
  /** Runs a script with the key as KEYS[1]. */
  run(script: string, key: string, ...parameters: string[]): Promise<unknown>
}

/**
 * The commands over a client of any shape.
 *
 * @throws SessionError `ERR_SESSION_CONFIG` for anything else
 */
export function redisCommands(client: RedisClientLike): RedisCommands {
  assertClient(client, {
    option: 'client',
    expected:
      'a connected client of `redis`, such as `await createClient().connect()`, or of `ioredis`, `@valkey/valkey-glide`, `@upstash/redis` or Bun',
    methods: [['sendCommand'], ['call'], ['customCommand'], ['send'], ['eval']],
  })
  const send = senderOf(client)
  if (send === undefined) return upstashCommands(client as UpstashLike)
  return {
    hmget: async (key, ...fields) => (await send(key, ['HMGET', key, ...fields])) as string[],
    del: (key) => send(key, ['DEL', key]),
    run: (script, key, ...parameters) => send(key, ['EVAL', script, '1', key, ...parameters]),
  }
}

type Sender = (key: string, command: [name: string, ...parameters: string[]]) => Promise<unknown>

/** Undefined for the one client that sends no commands as they are. A cluster or a sentinel never asks a replica. */
function senderOf(client: RedisClientLike): Sender | undefined {
  if ('nodeClient' in client) return (key, command) => client.sendCommand(key, false, command)
  if ('getSentinelNode' in client) return (_key, command) => client.sendCommand(false, command)
  // The clients of ioredis have another `sendCommand` too.
  if ('call' in client) return (_key, command) => client.call(...command)
  if ('customCommand' in client) return (_key, command) => client.customCommand(command)
  if ('send' in client) return (_key, [name, ...parameters]) => client.send(name, parameters)
  if ('sendCommand' in client) return (_key, command) => client.sendCommand(command)
  return undefined
}

function upstashCommands(client: UpstashLike): RedisCommands {
  const run: RedisCommands['run'] = async (script, key, ...parameters) =>
    unmarked(await client.eval(marking(script), [key], parameters))
  return {
    hmget: async (key, ...fields) =>
      (await run(`return redis.call('HMGET', KEYS[1], unpack(ARGV))`, key, ...fields)) as string[],
    del: (key) => run(`return redis.call('DEL', KEYS[1])`, key),
    run,
  }
}

/** `@upstash/redis` parses each string that is JSON. The mark before it keeps it a string. */
const MARK = '='

const marking = (script: string): string => `
local function run()
${script}
end
local function mark(answer)
  if type(answer) == 'string' then return '${MARK}' .. answer end
  if type(answer) == 'table' then
    for i, part in ipairs(answer) do answer[i] = mark(part) end
  end
  return answer
end
return mark(run())`

function unmarked(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(unmarked)
  return typeof answer === 'string' ? answer.slice(MARK.length) : answer
}
