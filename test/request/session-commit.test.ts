import { decide } from '../../src/request/session-commit.ts'
import type { CommitState } from '../../src/request/session-commit.ts'
import { describe, expect, it } from 'vitest'

type Row = [rule: Partial<CommitState>, decision: ReturnType<typeof decide>, why: string]

/** What a handler may leave behind that is not to be written: nothing, or the changes of a response that does not save. */
const NOTHING_TO_WRITE = [
  { destroyed: false, changed: false },
  { destroyed: false, changed: true, saves: false },
]
const writable = { destroyed: false, changed: true, saves: true }
const endedByHand = { destroyed: true, ended: true }

/** What a row leaves out may be either. No two rows may hold at once, and one of them always does. */
const rows: Row[] = [
  [{ destroyed: true, ended: false }, 'end', 'a logout holds, whatever else is so'],

  [{ ...writable, setByHand: false }, 'write', 'changes are saved'],
  [{ ...writable, setByHand: true, takesOver: true }, 'write', 'and take in what was set by hand'],
  [{ ...writable, setByHand: true, takesOver: false }, 'yield', 'or else give way to it'],

  [{ ...endedByHand, setByHand: true }, 'keep', 'the handler has sent its logout'],
  [{ ...endedByHand, setByHand: false, committed: true }, 'send', 'the handler has not'],
  [{ ...endedByHand, setByHand: false, committed: false }, 'keep', 'nothing is renewed any more'],

  ...NOTHING_TO_WRITE.flatMap((nothing): Row[] => {
    const unsent = { ...nothing, setByHand: false }
    return [
      [{ ...nothing, setByHand: true }, 'keep', 'the handler has the last word'],
      [{ ...unsent, committed: true }, 'send', 'the cookie of a commit by hand is sent'],
      [{ ...unsent, committed: false, renews: true }, 'renew', 'only the lifetime moves'],
      [{ ...unsent, committed: false, renews: false }, 'keep', 'nothing is to be done'],
    ]
  }),
]

const NAMES = [
  'destroyed',
  'ended',
  'changed',
  'saves',
  'committed',
  'setByHand',
  'takesOver',
  'renews',
] as const

const everyState = Array.from(
  { length: 2 ** NAMES.length },
  (_, bits) =>
    Object.fromEntries(
      NAMES.map((name, bit) => [name, (bits & (1 << bit)) !== 0]),
    ) as unknown as CommitState,
)

const holds = (rule: Partial<CommitState>, state: CommitState): boolean =>
  NAMES.every((name) => rule[name] === undefined || rule[name] === state[name])

describe('decide', () => {
  it.each(rows)('%j: %s, since %s', (rule, decision) => {
    const states = everyState.filter((state) => holds(rule, state))
    expect(states).not.toEqual([])
    for (const state of states) expect(decide(state), JSON.stringify(state)).toBe(decision)
  })

  it('is settled by exactly one row of the table above for each of the 256 states', () => {
    for (const state of everyState) {
      expect(
        rows.filter(([rule]) => holds(rule, state)),
        JSON.stringify(state),
      ).toHaveLength(1)
    }
  })
})
