import { createSessionRunner } from 'fetch-sessions'
import type { Session } from 'fetch-sessions'
import * as elysia from 'fetch-sessions/elysia'
import { withSession } from 'fetch-sessions/fetch'
import * as fetchRouter from 'fetch-sessions/fetch-router'
import * as h3 from 'fetch-sessions/h3'
import * as hono from 'fetch-sessions/hono'
import * as reactRouter from 'fetch-sessions/react-router'
import { createContext } from 'react-router'
import { SECRET } from '../support/secrets.ts'
import { storage } from './run.ts'
import { describe, expect, it } from 'vitest'

const cookie = { secrets: [SECRET] }

describe('the options of session()', () => {
  it.each([
    [{ timeouts: 'aal2' }, 'storage: createCookieSessionStorage({ timeouts: … })'],
    [{ idleTimeout: 60 }, 'storage: createCookieSessionStorage({ idleTimeout: … })'],
    [{ cookie }, 'storage: createCookieSessionStorage({ cookie: … })'],
    [{ secrets: [SECRET] }, 'storage: createCookieSessionStorage({ cookie: { secrets: … } })'],
    [{ maxAge: 60 }, 'storage: createCookieSessionStorage({ cookie: { maxAge: … } })'],
    [
      { storage, timeouts: 'aal2' },
      'its options are storage, rolling, lazy, debug, observe, saveIf',
    ],
    [{ key: 'admin' }, 'its options are storage, rolling, lazy, debug, observe, saveIf'],
    [{ roling: false }, 'write `rolling`.'],
    [{ saveif: () => true }, 'write `saveIf`.'],
    [{ rolling: 'no' }, '`rolling` is "no": write true or false.'],
    [{ lazy: 1 }, '`lazy` is 1: write true or false.'],
    [{ debug: 'false' }, '`debug` is "false": write true or false.'],
    [{ saveIf: true }, '`saveIf` is true: write a function'],
    [{ observe: null }, '`observe` is null: write a function'],
  ])('refuses what would have no effect, or another one: %o', (options, instead) => {
    expect(() => createSessionRunner(options as object)).toThrow(
      expect.objectContaining({
        code: 'ERR_SESSION_CONFIG',
        message: expect.stringContaining(instead),
      }),
    )
  })

  it('takes the options of its adapter, and those that are undefined', () => {
    const options = { key: 'admin', rolling: undefined, saveIf: undefined, timeouts: undefined }
    expect(createSessionRunner(options as object, ['key'])).toBeTypeOf('function')
  })

  const ADAPTERS: Record<string, (options: object) => unknown> = {
    elysia: elysia.session,
    fetch: (options) => withSession(() => new Response(), options),
    'fetch-router': (options) => fetchRouter.session({ ...options, property: 'admin' }),
    h3: h3.session,
    hono: hono.session,
    'react-router': (options) => reactRouter.session({ ...options, key: createContext<Session>() }),
  }

  it.each(Object.entries(ADAPTERS))('are those of the adapter too: %s', (name, session) => {
    const key = name === 'fetch-router' ? {} : 'admin'
    expect(() => session({ key })).not.toThrow()
    expect(() => session({ key, timeouts: 'aal2' })).toThrow(/has no option `timeouts`/)
  })
})
