import { createCookieSessionStorage, createMemorySessionStorage } from 'fetch-sessions'

const secrets = ['a secret of the applications that are attacked']

export const inCookie = createCookieSessionStorage({ cookie: { name: 'in-cookie', secrets } })
export const inMemory = createMemorySessionStorage({ cookie: { name: 'in-memory', secrets } })
