import type { CookieOptions, SessionStorage, SessionStorageOptions } from 'fetch-sessions'
import { vi } from 'vitest'

import { createClient, toCookie } from '../../support/client.ts'
import type { Client } from '../../support/client.ts'
import { SECRET } from '../../support/secrets.ts'
import type { App, CreateApp, Mount, Visit } from './app.ts'

/** One adapter over one kind of storage. */
export interface Setup {
  readonly kind: string
  readonly createApp: CreateApp
  readonly storageWith: (options?: SessionStorageOptions) => SessionStorage
  /** An application with one middleware and one handler, and a client of it. */
  readonly visit: (
    handler: (visit: Visit) => Response | Promise<Response>,
    mount?: Mount,
  ) => Client & App
}

export const COOKIE: CookieOptions = { secrets: [SECRET], maxAge: 1000 }
export const START = Date.UTC(2026, 0, 1)

export function createSetup(
  kind: string,
  createStorage: (options: SessionStorageOptions) => SessionStorage,
  createApp: CreateApp,
): Setup {
  const storageWith = (options: SessionStorageOptions = {}): SessionStorage =>
    createStorage({ cookie: COOKIE, ...options })
  return {
    kind,
    createApp,
    storageWith,
    visit(handler, mount = {}) {
      const app = createApp([{ storage: storageWith(), ...mount }], handler)
      return { ...app, ...createClient(app.fetch) }
    },
  }
}

export function countVisits({ session }: Visit): Response {
  const visits = Number(session().get('visits') ?? 0) + 1
  session().set('visits', visits)
  return new Response(String(visits))
}

export function readOrSet({ path, session }: Visit): Response {
  if (path === '/untouched') return new Response('')
  if (path === '/set') session().set('n', 1)
  return new Response(String(session().get('n')))
}

export function requestWith(cookie: string, path = '/', init: RequestInit = {}): Request {
  const headers = { cookie, ...(init.headers as Record<string, string> | undefined) }
  return new Request(new URL(path, 'https://app.example'), { ...init, headers })
}

/** The Cookie header of a browser that has one session. */
export function cookieOf({ cookies }: Client): string {
  return `__session=${cookies.get('__session') ?? ''}`
}

/** The Cookie header of a session that a storage has made by hand. */
export async function signedIn(storage: SessionStorage, user: string): Promise<string> {
  const session = await storage.getSession()
  session.set('user', user)
  return toCookie(await storage.commitSession(session))
}

export async function bodies(client: Client, ...paths: string[]): Promise<string[]> {
  const texts: string[] = []
  for (const path of paths) texts.push(await (await client.get(path)).text())
  return texts
}

export function at(seconds: number): void {
  vi.setSystemTime(START + seconds * 1000)
}

/** A promise, and what fulfils it. */
export function gate(): { readonly passed: Promise<void>; open(): void } {
  let open = (): void => {}
  const passed = new Promise<void>((resolve) => {
    open = resolve
  })
  return { passed, open: () => open() }
}
