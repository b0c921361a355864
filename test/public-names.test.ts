import { readFileSync } from 'node:fs'

import packageJson from '../package.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'

/** Whatever an application can import. A name that is added here stays for as long as the package does. */
const PUBLIC_NAMES: Record<string, string> = {
  '.': `
    type CookieOptions
    type FlashSessionData
    type IndexedSessionStorage
    type IndexedSessionStorageOptions
    type IndexedSessionStore
    type KeyPage
    type NewRecord
    type ParseOptions
    type Postponed
    type RecordChange
    type SerializeOptions
    Session
    type SessionData
    SessionError
    type SessionErrorCode
    type SessionEvent
    type SessionIdStorageStrategy
    type SessionOptions
    type SessionOrigin
    type SessionOutcome
    type SessionScope
    type SessionStorage
    type SessionStorageOptions
    type SessionStore
    type SignInOptions
    type SqlSessionMaintenance
    type StoreSessionStorageOptions
    type StoredSession
    type UserSession
    createCookieSessionStorage
    createMemorySessionStorage
    createSession
    createSessionRunner
    createSessionStorage
    createStoreSessionStorage
    isSession`,
  './elysia': `
    type ElysiaSessionOptions
    session`,
  './fetch': `
    type FetchSessionOptions
    getSession
    withSession`,
  './fetch-router': `
    type FetchRouterSessionOptions
    session`,
  './h3': `
    type H3SessionOptions
    getSession
    session`,
  './hono': `
    type HonoSessionOptions
    type SessionEnv
    getSession
    session`,
  './react-router': `
    type ReactRouterSessionOptions
    session`,
  './storage/cookie': `
    createCookieSessionStorage`,
  './storage/d1': `
    type D1DatabaseLike
    type D1SessionStorageOptions
    createD1SessionStorage
    createD1Store`,
  './storage/deno-kv': `
    type DenoKvLike
    type DenoKvSessionStorageOptions
    createDenoKvSessionStorage
    createDenoKvStore`,
  './storage/durable-object': `
    type DurableObjectNamespaceLike
    type DurableObjectSessionStorageOptions
    SessionObject
    createDurableObjectSessionStorage
    createDurableObjectStore`,
  './storage/kv': `
    type KVNamespaceLike
    type KVSessionStorageOptions
    createKVSessionStorage
    createKVStore`,
  './storage/memory': `
    type MemorySessionStorageOptions
    createMemorySessionStorage
    createMemoryStore`,
  './storage/mysql': `
    type MySQLSessionStorageOptions
    createMySQLSessionStorage
    createMySQLStore`,
  './storage/postgres': `
    type PostgresSessionStorageOptions
    createPostgresSessionStorage
    createPostgresStore`,
  './storage/purge': `
    type PurgeOptions
    type PurgeableStorage
    purgeAll
    startPurging`,
  './storage/redis': `
    type RedisSessionStorageOptions
    createRedisSessionStorage
    createRedisStore`,
  './storage/sqlite': `
    type SQLiteSessionStorageOptions
    createSQLiteSessionStorage
    createSQLiteStore`,
  './storage/unstorage': `
    type UnstorageSessionStorageOptions
    createUnstorageSessionStorage
    createUnstorageStore`,
  './testing': `
    readSession
    sessionCookie
    storeConformance`,
}

const TYPES = ['interface', 'type']

/** What a sub-path exports, in the order of the alphabet. Needs `npm run build`. */
function exportedNames(path: string): string[] {
  const file = path.replace(/\.js$/, '.d.ts')
  const code = readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
  const names: string[] = []
  for (const [statement, list] of code.matchAll(/^export (?:\{([^}]*)\}|.*)/gm)) {
    const declared = /^export (?:declare )?(interface|type|class|function|const) (\w+)/.exec(
      statement,
    )
    const [, kind = '', name = ''] = declared ?? []
    if (list !== undefined) names.push(...list.split(',').map((part) => part.trim()))
    else if (name === '') throw new Error(`${file}: ${statement} is a form of export unknown here.`)
    else names.push(TYPES.includes(kind) ? `type ${name}` : name)
  }
  return names.filter((name) => name !== '').toSorted(byName)
}

function byName(one: string, other: string): number {
  const [left, right] = [one, other].map((text) => text.replace('type ', ''))
  return (left ?? '') < (right ?? '') ? -1 : 1
}

describe('the public names', () => {
  const subpaths = Object.entries(packageJson.exports).filter(([, path]) => path.endsWith('.js'))

  it('are listed for every sub-path', () => {
    expect(subpaths.map(([subpath]) => subpath)).toEqual(Object.keys(PUBLIC_NAMES))
  })

  it.each(subpaths)('are those of the list: %s', (subpath, path) => {
    expect(exportedNames(path)).toEqual(PUBLIC_NAMES[subpath]?.trim().split(/\s*\n\s*/))
  })
})
