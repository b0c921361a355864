import assert from 'node:assert/strict'

import type { IndexedSessionStorage, UserSession } from '../engine/indexed-storage.ts'
import { ALL_KEYS, race, usersOver } from './race.ts'
import type { Client, RaceOptions, Sent, Visit } from './race.ts'
import { ACTS, isSignedIn, sends, signedIn, signIn } from './sign-in-acts.ts'
import type { Act } from './sign-in-acts.ts'
import type { StoreSuite } from './store-suite.ts'

const USES: readonly Act[] = [
  ACTS.regenerate,
  ACTS.reauthenticate,
  ACTS.signIn,
  ACTS.write,
  ACTS.renewal,
]

/**
 * What must hold for sign-ins of one user at once, on devices of their own, with `maxSessionsPerUser`: exactly so many
 * sessions live, and the one whose commit was the last is among them. A session that gets a new id meanwhile is one, under
 * whichever id.
 */
export function limitRaces({ create, describe, it, indexed }: StoreSuite): void {
  if (!indexed) return

  describe('sign-ins of a user who may have', () => {
    for (const [most, devices] of [
      [1, 0],
      [1, 1],
      [2, 2],
      [3, 1],
    ] as const) {
      it(`${most} at once, beside ${devices} before: two at once leave ${Math.min(most, devices + 2)}`, async () => {
        let living: readonly UserSession[] = []
        await race(
          await create(),
          async (_, setup) => {
            for (let i = 0; i < devices; i++) await signedIn(setup)
            return [signsInBeside(most), signsInBeside(most)]
          },
          ({ clients }) => {
            assert.equal(living.length, Math.min(most, devices + 2))
            assert.ok(clients.some(isSignedIn), 'sign-ins have ended each other')
          },
          listing((sessions) => (living = sessions)),
        )
      })
    }

    it('2 at once: three at once leave 2', async () => {
      let living: readonly UserSession[] = []
      await race(
        await create(),
        () => [signsInBeside(2), signsInBeside(2), signsInBeside(2)],
        () => assert.equal(living.length, 2),
        { ...listing((sessions) => (living = sessions)), stops: ['create', 'keysOf'] },
      )
    })

    it('2 at once: of three one after the other, the last two stay', async () => {
      await race(
        await create(),
        () => [1, 2, 3].map(() => ({ ...signsInBeside(2), isOneStep: true })),
        ({ clients }) => {
          const [first, ...later] = clients.toSorted((a, b) => a.answeredAt - b.answeredAt)
          assert.equal(first?.session.origin, 'revoked')
          for (const client of later) assert.ok(isSignedIn(client))
        },
      )
    })

    for (const act of USES) {
      for (const most of [1, 2, 3]) {
        it(`${most} at once, beside 2 before of which one ${act.what}, leave ${most}`, async () => {
          let living: readonly UserSession[] = []
          await race(
            await create(),
            async (_, setup) => {
              const cookie = await signedIn(setup)
              await signedIn(setup)
              return [signsInBeside(most), underLimit(act, most, cookie)]
            },
            ({ clients: [client] }) => {
              assert.equal(living.length, most)
              assert.ok(isSignedIn(client as Client) || act.signsIn)
            },
            {
              ...listing((sessions) => (living = sessions)),
              ...(most === 1 && !act.signsIn && { stops: ALL_KEYS }),
            },
          )
        })
      }
    }
  })
}

const visitUnder =
  (most: number): Visit =>
  async (store, cookie, use) => {
    const storage = usersOver(store, most)
    const session = await storage.getSession(cookie)
    await use(session)
    return storage.commitSession(session)
  }

/** A sign-in on a new device. */
function signsInBeside(most: number): Sent {
  return { use: signIn('ada'), visit: visitUnder(most), cookie: '', hasLoaded: true }
}

function underLimit(act: Act, most: number, cookie: string): Sent {
  return sends(act, { visit: visitUnder(most), cookie, hasLoaded: true })
}

/** Begins with a session of nobody; when an order ends, all sessions of the user are listed. */
function listing(note: (sessions: readonly UserSession[]) => void): RaceOptions {
  return {
    stops: ['create', 'update', 'keysOf'],
    afterwards: async (setup) => note(await (setup as IndexedSessionStorage).sessionsOf('ada')),
  }
}
