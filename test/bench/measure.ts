import { do_not_optimize } from 'mitata'

import type { RequestSource } from './scenarios.ts'
import type { App } from './subject.ts'

/** One block of requests to the floor and one to the subject, straight after each other: nanoseconds a request. */
export interface Pair {
  readonly floor: number
  readonly subject: number
}

export interface Effort {
  /** How long a block should take, in milliseconds. */
  readonly block: number
  /** How many short blocks each side runs before it counts. */
  readonly warmup: number
}

export const FULL_EFFORT: Effort = { block: 20, warmup: 10 }
export const QUICK_EFFORT: Effort = { block: 0, warmup: 0 }

/** Measures one pair. `floorFirst` alternates, so that what the first leaves behind tips no scale. */
export type PairMeasurement = (floorFirst: boolean) => Promise<Pair>

/** @param inFlight how many requests are under way together; they start together, the next when all are answered */
export async function preparePairs(
  floor: App,
  subject: App,
  source: RequestSource,
  inFlight: number,
  effort: Effort,
): Promise<PairMeasurement> {
  const measureFloor = await prepareBlock(floor, source, inFlight, effort)
  const measureSubject = await prepareBlock(subject, source, inFlight, effort)
  return async (floorFirst) => {
    const before = floorFirst ? await measureFloor() : undefined
    const measured = await measureSubject()
    return { floor: before ?? (await measureFloor()), subject: measured }
  }
}

/** Requests in a block of the warm-up. */
const WARMUP_REQUESTS = 256

async function prepareBlock(
  app: App,
  source: RequestSource,
  inFlight: number,
  effort: Effort,
): Promise<() => Promise<number>> {
  const run = (turns: number): Promise<number> => measureBlock(app, source, turns, inFlight)
  // By number and not by time, so that a busy machine measures code that is as warm; and the fastest block gives the
  // length, because a slow one would make all that follow too short.
  let fastest = Infinity
  for (let block = 0; block < effort.warmup; block++) {
    fastest = Math.min(fastest, await run(WARMUP_REQUESTS / inFlight))
  }
  const turns = Math.ceil((effort.block * 1e6) / fastest / inFlight)
  return () => run(Math.max(1, turns))
}

/**
 * Runs one block. Making the Request counts, for floor and subject alike: whoever serves one has made it. The garbage is
 * collected when V8 sees fit, and paid by whose block it falls into: a collection by force before each block would throw
 * away compiled code and caches with it, and measure an application that has just started.
 *
 * A loop of our own, because mitata's `measure` compiles its loop anew and allocates a million samples at each call:
 * far more than a block may cost that takes turns with another.
 *
 * @returns nanoseconds a request
 */
async function measureBlock(
  app: App,
  source: RequestSource,
  turns: number,
  inFlight: number,
): Promise<number> {
  const start = performance.now()
  for (let turn = 0; turn < turns; turn++) {
    if (inFlight === 1) await answer(app, source)
    else await Promise.all(Array.from({ length: inFlight }, () => answer(app, source)))
  }
  return ((performance.now() - start) * 1e6) / (turns * inFlight)
}

async function answer(app: App, source: RequestSource): Promise<void> {
  const request = source.request(source.cookie())
  const response = await app.fetch(request)
  if (response.status !== 200) throw new Error(`${request.url}: ${response.status}`)
  do_not_optimize(response)
}
