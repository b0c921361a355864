/** Every store that the shop can keep its sessions in, as its pages name it. */
export const stores = {
  cookie: 'The cookie itself',
  memory: 'Memory of this process',
  kv: 'Workers KV',
  d1: 'D1',
  'durable-object': 'Durable Object',
  redis: 'Redis',
  sqlite: 'SQLite',
  postgres: 'PostgreSQL',
} as const

export type StoreName = keyof typeof stores

/** Those that can look up the sessions of a user. */
export const listingStores: readonly StoreName[] = [
  'memory',
  'd1',
  'durable-object',
  'redis',
  'sqlite',
  'postgres',
]

/**
 * The store that the variable SESSION_STORAGE asks for; the cookie where it says nothing.
 *
 * @param names the stores that there are on this runtime
 */
export function parseStore<Name extends StoreName>(
  variable: string | undefined,
  names: readonly Name[],
): Name {
  const wanted = variable || 'cookie'
  const name = names.find((known) => known === wanted)
  if (name !== undefined) return name
  throw new Error(`SESSION_STORAGE is "${wanted}": write one of ${names.join(', ')}.`)
}
