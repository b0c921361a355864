import type { CookieOptions, SessionStorage, SessionStorageOptions } from 'fetch-sessions'
import { vi } from 'vitest'

import { createClient } from '../../support/client.ts'
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

export function requestWith(cookie: string): Request {
  return new Request('https://app.example/', { headers: { cookie } })
}

export async function bodies(client: Client, ...paths: string[]): Promise<string[]> {
  const texts: string[] = []
  for (const path of paths) texts.push(await (await client.get(path)).text())
  return texts
}

export function at(seconds: number): void {
  vi.setSystemTime(START + seconds * 1000)
}
