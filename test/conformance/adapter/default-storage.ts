import { createCookieSessionStorage } from 'fetch-sessions'
import { describe, expect, it, vi } from 'vitest'

import { createClient } from '../../support/client.ts'
import { OLD_SECRET, SECRET } from '../../support/secrets.ts'
import type { CreateApp } from './app.ts'
import { bodies, countVisits, readOrSet } from './helpers.ts'

/** The middleware without options: cookie storage, with SESSION_SECRET. */
export function describeDefaultStorage(name: string, createApp: CreateApp): void {
  describe(`${name}, without options`, () => {
    it('seals with SESSION_SECRET: several, newest first', async () => {
      vi.stubEnv('SESSION_SECRET', OLD_SECRET)
      const old = createClient(createApp([{}], readOrSet).fetch)
      await old.get('/set')
      vi.stubEnv('SESSION_SECRET', `${SECRET}, ${OLD_SECRET}`)
      const rotated = createClient(createApp([{}], readOrSet).fetch)
      rotated.cookies.set('__session', old.cookies.get('__session') ?? '')
      expect(await bodies(rotated, '/')).toEqual(['1'])
      const { cookies } = rotated
      const storage = createCookieSessionStorage({ cookie: { secrets: [SECRET] } })
      const session = await storage.getSession(`__session=${cookies.get('__session')}`)
      expect(session.get('n')).toBe(1)
    })

    it('refuses to run without SESSION_SECRET in production', async () => {
      vi.stubEnv('SESSION_SECRET', undefined)
      vi.stubEnv('NODE_ENV', 'production')
      const app = createApp([{}], countVisits)
      const response = await createClient(app.fetch).get('/')
      expect(response.status).toBe(500)
      expect(app.errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })])
    })

    it('refuses to run without SESSION_SECRET on Workers', async () => {
      vi.stubEnv('SESSION_SECRET', undefined)
      vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
      const app = createApp([{}], countVisits)
      const response = await createClient(app.fetch).get('/')
      expect(response.status).toBe(500)
      expect(app.errors).toEqual([expect.objectContaining({ code: 'ERR_SESSION_CONFIG' })])
    })

    it('makes up a secret for this process elsewhere, with a warning', async () => {
      vi.stubEnv('SESSION_SECRET', undefined)
      vi.stubGlobal('navigator', undefined) // which says where Workers are
      const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
      const app = createApp([{}], countVisits)
      expect(await bodies(createClient(app.fetch), '/')).toEqual(['1'])
      expect(warn.mock.calls.flat().join()).toMatch(/SESSION_SECRET is not set|^$/)
    })
  })
}
