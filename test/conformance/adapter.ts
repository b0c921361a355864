import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'
import { afterEach, beforeEach, describe, vi } from 'vitest'

import type { CreateApp } from './adapter/app.ts'
import { describeConstants } from './adapter/constants.ts'
import { describeCookie } from './adapter/cookie.ts'
import { describeDefaultStorage } from './adapter/default-storage.ts'
import { describeFailure } from './adapter/failure.ts'
import { describeFlash } from './adapter/flash.ts'
import { createSetup, START } from './adapter/helpers.ts'
import { testLazy } from './adapter/lazy.ts'
import { describeLifetime } from './adapter/lifetime.ts'
import { describeLogin } from './adapter/login.ts'
import { describeNesting } from './adapter/nesting.ts'
import { describeResponse } from './adapter/response.ts'
import { testRotation } from './adapter/rotation.ts'
import { describeStorageFailure } from './adapter/storage-failure.ts'
import { describeStore } from './adapter/store.ts'
import { describeValues } from './adapter/values.ts'

export type { App, CreateApp, Mount, Visit } from './adapter/app.ts'

/** What every adapter does alike. */
export function adapterConformance(
  name: string,
  createApp: CreateApp,
  { copiesRequest = false }: { copiesRequest?: boolean } = {},
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
    describeResponse(setup)
    describeConstants(setup)
    describeFailure(setup)
    describeCookie(setup)
    describeLifetime(setup)
    describeNesting(setup, copiesRequest)
    testRotation(setup)
    testLazy(setup)
  })

  describeStore(name, createApp)
  describeStorageFailure(name, createApp)
  describeDefaultStorage(name, createApp)
}
