import { decide } from '../../src/request/session-commit.ts'
import type { CommitState } from '../../src/request/session-commit.ts'
import { describe, expect, it } from 'vitest'

type Row = [rule: Partial<CommitState>, decision: ReturnType<typeof decide>, why: string]

/** What a handler may leave behind that is not to be written: nothing, or the changes of a response that does not save. */
const NOTHING_TO_WRITE = [
  { destroyed: false, signsOut: false, changed: false },
  { destroyed: false, signsOut: false, changed: true, saves: false },
]
const writable = { destroyed: false, changed: true, saves: true }
/** The handler's cookie is for another session, or nobody can tell. */
const OTHERS = ['another', 'unknown'] as const
const BY_HAND = ['this', ...OTHERS] as const
const endedByHand = { destroyed: true, ended: true }

/** What a row leaves out may be either. No two rows may hold at once, and one of them always does. */
const rows: Row[] = [
  [{ destroyed: true, ended: false }, 'end', 'a logout holds, whatever else is so'],
  [
    { destroyed: false, signsOut: true, saves: false },
    'end',
    'so does one that goes on, without what follows it',
  ],
  ...OTHERS.map((setByHand): Row => [
    { destroyed: false, signsOut: true, saves: true, setByHand },
    'end',
    'and what follows it yields to the cookie of the handler',
  ]),

  [{ ...writable, setByHand: 'none' }, 'write', 'changes are saved'],
  [{ ...writable, setByHand: 'this' }, 'write', 'and take in what was set by hand'],
  ...OTHERS.flatMap((setByHand): Row[] => [
    [
      { ...writable, signsOut: false, setByHand, merges: true },
      'write',
      'the record takes the changes of both',
    ],
    [
      { ...writable, signsOut: false, setByHand, merges: false },
      'yield',
      'or else the cookie of the handler counts',
    ],
  ]),

  ...BY_HAND.map((setByHand): Row => [
    { ...endedByHand, setByHand },
    'keep',
    'the handler has sent its logout',
  ]),
  [{ ...endedByHand, setByHand: 'none', committed: true }, 'send', 'the handler has not'],
  [{ ...endedByHand, setByHand: 'none', committed: false }, 'keep', 'nothing is renewed any more'],

  ...NOTHING_TO_WRITE.flatMap((nothing): Row[] => {
    const unsent = { ...nothing, setByHand: 'none' } as const
    return [
      ...BY_HAND.map((setByHand): Row => [
        { ...nothing, setByHand },
        'keep',
        'the handler has the last word',
      ]),
      [{ ...unsent, committed: true }, 'send', 'the cookie of a commit by hand is sent'],
      [{ ...unsent, committed: false, renews: true }, 'renew', 'only the lifetime moves'],
      [{ ...unsent, committed: false, renews: false }, 'keep', 'nothing is to be done'],
    ]
  }),
]

const FLAGS = [
  'destroyed',
  'signsOut',
  'ended',
  'changed',
  'saves',
  'committed',
  'merges',
  'renews',
] as const

/** After `signOut()` there is always something to save. */
const isPossible = ({ signsOut, changed, saves }: CommitState): boolean =>
  !signsOut || changed === saves

const everyState = ['none' as const, ...BY_HAND].flatMap((setByHand) =>
  Array.from({ length: 2 ** FLAGS.length }, (_, bits) => {
    const flags = FLAGS.map((name, bit) => [name, (bits & (1 << bit)) !== 0])
    return { ...Object.fromEntries(flags), setByHand } as CommitState
  }).filter(isPossible),
)

const holds = (rule: Partial<CommitState>, state: CommitState): boolean =>
  [...FLAGS, 'setByHand' as const].every(
    (name) => rule[name] === undefined || rule[name] === state[name],
  )

describe('decide', () => {
  it.each(rows)('%j: %s, since %s', (rule, decision) => {
    const states = everyState.filter((state) => holds(rule, state))
    expect(states).not.toEqual([])
    for (const state of states) expect(decide(state), JSON.stringify(state)).toBe(decision)
  })

  it('is settled by exactly one row of the table above for each of the states that are possible', () => {
    for (const state of everyState) {
      expect(
        rows.filter(([rule]) => holds(rule, state)),
        JSON.stringify(state),
      ).toHaveLength(1)
    }
  })
})
