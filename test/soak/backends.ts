import type { Traits } from './model.ts'

const indexed = (name: string): Traits => ({ name, indexed: true, compares: true, inCookie: false })
const plain = (name: string): Traits => ({ name, indexed: false, compares: false, inCookie: false })

/** What each back end promises. */
export const BACK_ENDS: readonly Traits[] = [
  indexed('memory'),
  indexed('SQLite'),
  indexed('PostgreSQL'),
  indexed('MariaDB'),
  indexed('Redis'),
  indexed('Redis Cluster'),
  indexed('Durable Objects'),
  indexed('D1'),
  plain('KV'),
  plain('unstorage'),
  { name: 'cookie', indexed: false, compares: false, inCookie: true },
]
