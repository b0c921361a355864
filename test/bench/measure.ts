import { do_not_optimize, measure } from 'mitata'

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
  /** How long each side runs before it counts, in milliseconds. */
  readonly warmup: number
}

export const FULL_EFFORT: Effort = { block: 20, warmup: 400 }
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
  const measureFloor = await prepareBlock(floor, async () => source.floorCookie(), source, {
    inFlight,
    effort,
  })
  const measureSubject = await prepareBlock(subject, source.cookie, source, { inFlight, effort })
  return async (floorFirst) => {
    const before = floorFirst ? await measureFloor() : undefined
    const measured = await measureSubject()
    return { floor: before ?? (await measureFloor()), subject: measured }
  }
}

/** mitata's loop is unrolled by four: blocks are of a multiple. */
const UNROLL = 4

async function prepareBlock(
  app: App,
  cookie: RequestSource['cookie'],
  source: RequestSource,
  { inFlight, effort }: { inFlight: number; effort: Effort },
): Promise<() => Promise<number>> {
  const run = (turns: number): Promise<number> => measureBlock(app, cookie, source, turns, inFlight)
  let turns = UNROLL
  let last = 0
  const end = performance.now() + effort.warmup
  do {
    last = await run(turns)
    turns = turnsFor(effort.block, last * inFlight)
  } while (performance.now() < end)
  return () => run(turns)
}

/** How many turns of so many nanoseconds fill a block of so many milliseconds. */
function turnsFor(block: number, nanoseconds: number): number {
  const turns = (block * 1e6) / nanoseconds
  return Math.max(1, Math.round(turns / UNROLL)) * UNROLL
}

/**
 * Runs one block, after a garbage collection. Its Requests are made before the clock starts, those of floor and subject
 * alike: a server has made them when its application is called.
 *
 * @returns nanoseconds a request
 */
async function measureBlock(
  app: App,
  cookie: RequestSource['cookie'],
  source: RequestSource,
  turns: number,
  inFlight: number,
): Promise<number> {
  const block = function* (): Generator<() => unknown, void, undefined> {
    yield {
      0: async () => source.request(await cookie()),
      async bench(request: Request) {
        const response = await app.fetch(request)
        if (response.status !== 200) throw new Error(`${request.url}: ${response.status}`)
        do_not_optimize(response)
      },
    } as never // mitata's types know the plain form only
  }
  const { avg } = await measure(block, {
    concurrency: inFlight,
    // One sample of so many turns, however fast they are.
    min_samples: 1,
    max_samples: 1,
    batch_samples: turns,
    warmup_threshold: Infinity,
    batch_threshold: Infinity,
    warmup_samples: 1,
  })
  return avg / inFlight
}
