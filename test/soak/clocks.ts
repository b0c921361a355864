import type { ApplicationProcess } from './processes.ts'
import type { Random } from './random.ts'

/** Longer than the marker of a replaced id lasts. */
const SETTLING = 20_000
const MINUTE = 60_000

export interface Clocks {
  /** See `Traffic.clockPeriod`. */
  readonly period: () => number | undefined
  readonly steps: () => number
  run(isOver: () => boolean, pause: (milliseconds: number) => Promise<void>): Promise<void>
}

/**
 * Steps the clocks of the processes, forward and back: by up to 2 seconds each for a while, as without NTP, then by up to
 * a quarter of an hour, as a machine that was set wrong.
 */
export function createClocks(processes: readonly ApplicationProcess[], random: Random): Clocks {
  let steps = 0
  let agreesFrom = Infinity
  const step = (most: number): void => {
    steps++
    for (const process of processes) {
      process.shiftClock(Math.round((random.next() * 2 - 1) * most))
    }
  }
  return {
    period: () => (performance.now() > agreesFrom ? steps : undefined),
    steps: () => steps,
    async run(isOver, pause) {
      while (!isOver()) {
        step(2_000)
        agreesFrom = performance.now() + (steps === 1 ? 0 : SETTLING)
        await pause(SETTLING + 20_000)
        agreesFrom = Infinity
        // What has begun while the clocks agreed ends before they step.
        await pause(5_000)
        if (isOver()) return
        step(15 * MINUTE)
        await pause(10_000 + random.below(10_000))
      }
    },
  }
}
