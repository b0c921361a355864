import { createDefaultStorage } from '../src/default-storage.ts'
import { toCookie } from './support/client.ts'
import { spyOnRandom } from './support/random.ts'
import { beforeEach, describe, expect, it, vi } from 'vitest'

describe.each([undefined, '', ' '])('createDefaultStorage with SESSION_SECRET as %j', (secret) => {
  beforeEach(() => {
    vi.stubEnv('SESSION_SECRET', secret)
  })

  it('makes up one secret of 256 bits for the process', async () => {
    vi.resetModules()
    const fresh = await import('../src/default-storage.ts')
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const random = spyOnRandom()
    vi.stubGlobal('navigator', undefined) // which says where Workers are
    const [one, two] = [fresh.createDefaultStorage({}), fresh.createDefaultStorage({})]
    expect(random.mock.calls).toEqual([[expect.objectContaining({ length: 32 })]])
    expect(warn.mock.calls).toEqual([[expect.stringContaining('SESSION_SECRET is not set')]])
    const cookie = toCookie(await one.commitSession(await one.getSession()))
    expect((await two.getSession(cookie)).origin).toBe('resumed')
  })

  it('makes up none in production, nor on Workers', () => {
    const refusal = expect.objectContaining({
      code: 'ERR_SESSION_CONFIG',
      message: expect.stringContaining('SESSION_SECRET is not set'),
    })
    vi.stubEnv('NODE_ENV', 'production')
    expect(() => createDefaultStorage({})).toThrow(refusal)
    vi.stubEnv('NODE_ENV', 'development')
    vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' })
    expect(() => createDefaultStorage({})).toThrow(refusal)
  })
})
