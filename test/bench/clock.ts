import { spreadOf } from './statistics.ts'
import type { Spread } from './statistics.ts'

/** How many times a series is measured, and of how many requests each is. */
export interface Series {
  readonly rounds: number
  readonly requests: number
}

export const seriesFor = (quick: boolean): Series => ({
  rounds: quick ? 1 : 30,
  requests: quick ? 4 : 500,
})

/** Something that is timed in turns with others. */
export interface Timed {
  readonly act: () => Promise<unknown>
  readonly microseconds: number[]
}

export function timed(act: Timed['act']): Timed {
  return { act, microseconds: [] }
}

/**
 * Times each in turns, so that a slow moment of the machine falls on all. A round before the first does not count.
 * Collects no garbage in between: with a million records the sweeping after it would fall into the next round.
 */
export async function timeInTurns(all: readonly Timed[], series: Series): Promise<void> {
  for (let round = 0; round <= series.rounds; round++) {
    for (const { act, microseconds } of all) {
      const start = performance.now()
      for (let count = 0; count < series.requests; count++) await act()
      const spent = ((performance.now() - start) * 1000) / series.requests
      if (round > 0) microseconds.push(spent)
    }
  }
}

export function spreadOfTimes({ microseconds }: Timed): Spread {
  return spreadOf(microseconds)
}
