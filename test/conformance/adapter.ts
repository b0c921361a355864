import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import { afterEach, beforeEach, describe, vi } from 'vitest'

import { describeAnotherSession } from './adapter/another-session.ts'
import type { CreateApp, RouterTraits } from './adapter/app.ts'
import { describeByHand } from './adapter/by-hand.ts'
import { describeCaching } from './adapter/caching.ts'
import { describeCookie } from './adapter/cookie.ts'
import { describeDefaultStorage } from './adapter/default-storage.ts'
import { describeDuplicates } from './adapter/duplicates.ts'
import { describeFailure } from './adapter/failure.ts'
import { describeFlash } from './adapter/flash.ts'
import { createSetup, START } from './adapter/helpers.ts'
import { describeLazy, describeLazyStore } from './adapter/lazy.ts'
import { describeLifetime } from './adapter/lifetime.ts'
import { describeLogin } from './adapter/login.ts'
import { describeNesting } from './adapter/nesting.ts'
import { describeResponse } from './adapter/response.ts'
import { describeRetired } from './adapter/retired.ts'
import { testRotation } from './adapter/rotation.ts'
import { describeSharing } from './adapter/sharing.ts'
import { describeRevoked, describeSigningIn } from './adapter/signing-in.ts'
import { describeStorageFailure } from './adapter/storage-failure.ts'
import { describeStore } from './adapter/store.ts'
import { describeTenants } from './adapter/tenants.ts'
import { describeValues } from './adapter/values.ts'

export type { App, CreateApp, Mount, RouterTraits, Visit } from './adapter/app.ts'

/** What every adapter does alike. */
export function adapterConformance(
  name: string,
  createApp: CreateApp,
  { copiesRequest = false, hasEnvironment = false }: RouterTraits = {},
): void {
  const kinds = {
    'cookie storage': createCookieSessionStorage,
    'memory storage': createMemorySessionStorage,
  }

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: START })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  describe.each(Object.entries(kinds))(`${name}, %s`, (kind, createStorage) => {
    const setup = createSetup(kind, createStorage, createApp)
    describeValues(setup)
    describeFlash(setup)
    describeLogin(setup)
    describeSigningIn(setup)
    describeResponse(setup)
    describeCaching(setup)
    describeSharing(setup)
    describeFailure(setup)
    describeCookie(setup)
    describeDuplicates(setup)
    describeByHand(setup)
    describeAnotherSession(setup)
    describeLifetime(setup)
    describeNesting(setup, copiesRequest)
    testRotation(setup)
    describeLazy(setup)
  })

  describeRetired(name, createApp)
  describeRevoked(name, createApp)
  describeStore(name, createApp)
  describeLazyStore(name, createApp)
  describeStorageFailure(name, createApp)
  describeDefaultStorage(name, createApp)
  describeTenants(name, createApp, hasEnvironment)
}
