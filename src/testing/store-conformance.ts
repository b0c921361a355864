import type { SessionStore } from '../engine/store.ts'
import { indexContract } from './index-contract.ts'
import { limitRaces } from './limit-races.ts'
import { loginFailures } from './login-failures.ts'
import { loginRaces } from './login-races.ts'
import { logoutRaces } from './logout-races.ts'
import { revokedRaces } from './revoked-races.ts'
import { signInRaces } from './sign-in-races.ts'
import { storeContract } from './store-contract.ts'
import { updateRaces } from './update-races.ts'
import { userFailures } from './user-failures.ts'
import { userRaces } from './user-races.ts'
import { writeRaces } from './write-races.ts'
import type { StoreConformanceOptions } from './store-suite.ts'

/**
 * A test suite for authors of back ends: what the {@link SessionStore} interface says of each method, many operations
 * at once, and two and three requests at once in every order of their operations.
 *
 * It fakes no clock and waits for none; records that have expired are written with an expiry in the past. One of the
 * tests is some 20,000 operations: if each is a round trip, give the runner a timeout of a minute or two.
 *
 * @param create gives a store that is empty; it is called once in each test
 *
 * @example
 * import { createMemoryStore } from 'fetch-sessions/storage/memory' // or your own
 * import { storeConformance } from 'fetch-sessions/testing'
 * import { describe, it } from 'node:test' // or from 'vitest', or from 'bun:test'
 *
 * storeConformance(() => createMemoryStore(10_000), { describe, it, indexed: true })
 */
export function storeConformance(
  create: () => SessionStore | Promise<SessionStore>,
  { describe, it, compares = true, indexed = false }: StoreConformanceOptions,
): void {
  const suite = { create, describe, it, compares, indexed }
  storeContract(suite)
  indexContract(suite)
  if (!compares) return
  writeRaces(suite)
  loginRaces(suite)
  logoutRaces(suite)
  signInRaces(suite)
  updateRaces(suite)
  userRaces(suite)
  revokedRaces(suite)
  limitRaces(suite)
  loginFailures(suite)
  userFailures(suite)
}
