import { createStoreSessionStorage } from 'fetch-sessions'
import type { Session, SessionStorage, SessionStore } from 'fetch-sessions'
import { session as middleware } from 'fetch-sessions/hono'
import { Hono } from 'hono'
import { toCookie } from '../support/client.ts'
import { startDeafProxy } from '../support/deaf-proxy.ts'
import type { DeafProxy } from '../support/deaf-proxy.ts'
import type { Engine } from '../support/engine.ts'
import { SECRET } from '../support/secrets.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Connection {
  readonly store: SessionStore
  close(): Promise<void>
}

/** What holds while an engine is killed and comes back: nothing acknowledged is lost, no request hangs. */
export function faultConformance(
  name: string,
  startEngine: () => Promise<Engine>,
  connect: (url: string) => Promise<Connection>,
): void {
  describe(`${name}, killed`, () => {
    let engine: Engine
    let connection: Connection
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)

    beforeAll(async () => {
      process.on('unhandledRejection', note)
      engine = await startEngine()
      connection = await connect(engine.url)
    })
    afterAll(async () => {
      process.off('unhandledRejection', note)
      await connection?.close()
      await engine?.stop()
    })

    const storageOver = (store: SessionStore): SessionStorage =>
      createStoreSessionStorage(store, { cookie: { secrets: [SECRET] }, timeout: 5 })

    async function reachable(storage: SessionStorage): Promise<void> {
      for (let attempt = 0; ; attempt++) {
        try {
          await storage.commitSession(await storage.getSession())
          return
        } catch (error) {
          if (attempt > 200) throw error
          await new Promise((resolve) => setTimeout(resolve, 25))
        }
      }
    }

    it('fails requests with the cause while it is gone, and serves them when it is back', async () => {
      const storage = storageOver(connection.store)
      const errors: unknown[] = []
      const app = new Hono().use(middleware({ storage })).get('/', (c) => {
        const n = Number(c.var.session.get('n') ?? 0) + 1
        c.var.session.set('n', n)
        return c.text(String(n))
      })
      app.onError((error, c) => {
        errors.push(error)
        return c.text('failed', 500)
      })
      const first = await app.request('/')
      const headers = { cookie: toCookie(first.headers.getSetCookie()[0]) }
      await engine.kill()
      const meanwhile = [await app.request('/', { headers }), await app.request('/')]
      for (const response of meanwhile) {
        expect([response.status, response.headers.getSetCookie()]).toEqual([500, []])
      }
      expect(errors).toHaveLength(2)
      for (const error of errors) {
        expect(error).toMatchObject({ code: 'ERR_SESSION_STORAGE', cause: expect.any(Error) })
      }
      await engine.start()
      await reachable(storage)
      expect(await (await app.request('/', { headers })).text()).toBe('2')
    })

    it('loses nothing that it acknowledged, killed in the middle of 1,000 requests', async () => {
      const storage = storageOver(connection.store)
      const acknowledged: { cookie: string; n: number }[] = []
      let failed = 0
      let restart: Promise<void> | undefined

      const request = async (n: number): Promise<void> => {
        if (n === 500) restart = engine.kill().then(() => engine.start())
        try {
          const session = await storage.getSession()
          session.set('n', n)
          acknowledged.push({ cookie: toCookie(await storage.commitSession(session)), n })
        } catch (error) {
          expect(error).toMatchObject({ code: 'ERR_SESSION_STORAGE' })
          failed++
        }
      }
      let next = 0
      const worker = async (): Promise<void> => {
        while (next < 1000) await request(next++)
      }
      await Promise.all(Array.from({ length: 20 }, worker))
      await restart
      await reachable(storage)

      expect(failed).toBeGreaterThan(0)
      expect(acknowledged.length + failed).toBe(1000)
      for (const { cookie, n } of acknowledged) {
        expect((await storage.getSession(cookie)).get('n')).toBe(n)
      }
    })

    describe('behind a network that fails', () => {
      let proxy: DeafProxy
      let behind: Connection

      beforeAll(async () => {
        const url = new URL(engine.url)
        proxy = await startDeafProxy(Number(url.port))
        url.port = String(proxy.port)
        behind = await connect(url.href)
      })
      afterAll(async () => {
        await behind?.close()
        proxy?.close()
      })

      it.each<[string, (session: Session) => void]>([
        ['a write', (session) => session.set('n', 2)],
        ['a new id', (session) => session.regenerate()],
      ])('fails where the answer to %s is lost, and goes on with the session', async (_, use) => {
        const storage = storageOver(behind.store)
        await reachable(storage)
        const session = await storage.getSession()
        session.set('n', 1)
        const cookie = toCookie(await storage.commitSession(session))
        use(session)
        proxy.loseNextAnswer()
        await expect(storage.commitSession(session)).rejects.toMatchObject({
          code: 'ERR_SESSION_STORAGE',
          cause: expect.any(Error),
        })
        await reachable(storage)
        const after = await storage.getSession(cookie)
        expect(after.origin).toBe('resumed')
        expect([1, 2]).toContain(after.get('n'))
        after.set('n', 3)
        await storage.commitSession(after)
        expect((await storage.getSession(cookie)).get('n')).toBe(3)
      })

      it('fails in time where no answer comes, and goes on when they come again', async () => {
        const storage = storageOver(behind.store)
        const impatient = createStoreSessionStorage(behind.store, {
          cookie: { secrets: [SECRET] },
          timeout: 0.2,
        })
        await reachable(storage)
        const cookie = toCookie(await storage.commitSession(await storage.getSession()))
        proxy.pause()
        await expect(impatient.getSession(cookie)).rejects.toMatchObject({
          code: 'ERR_SESSION_STORAGE',
          cause: expect.objectContaining({ name: 'TimeoutError' }),
        })
        proxy.resume()
        await reachable(storage)
        expect((await storage.getSession(cookie)).origin).toBe('resumed')
      })
    })

    it('leaves no rejection unhandled', () => {
      expect(unhandled).toEqual([])
    })
  })
}
