import { Session } from 'node:inspector'
import type { Profiler } from 'node:inspector'
import { pathToFileURL } from 'node:url'

/** The code whose coverage guides. */
const SOURCES = ['src', 'adapters'].map((folder) => `${pathToFileURL(folder).href}/`)

export interface Coverage {
  /** Whether code ran since the last call that {@link add} has not seen. */
  isNew(): boolean
  /** Adds what ran since the last call, and tells whether it was new. */
  add(): boolean
}

/**
 * Measures the coverage of this thread, as V8 counts it: by function, and by block inside of it. V8 takes some milliseconds to
 * answer.
 */
export function startCoverage(): Coverage {
  const session = new Session()
  session.connect()
  session.post('Profiler.enable')
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true })
  /** For each function that ran, which of its characters did. */
  const covered = new Map<string, Uint8Array>()

  /** The functions that ran since the last call. */
  function take(): [key: string, ran: Uint8Array][] {
    let scripts: Profiler.ScriptCoverage[] = []
    // A session of the same thread answers at once.
    session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error
      scripts = result
    })
    return scripts
      .filter(({ url }) => SOURCES.some((source) => url.startsWith(source)))
      .flatMap(({ scriptId, functions }) =>
        functions
          .filter(({ ranges }) => (ranges[0]?.count ?? 0) > 0)
          .map(({ ranges }) => [`${scriptId}:${ranges[0]?.startOffset}`, paint(ranges)]),
      )
  }

  function isNewIn([key, ran]: [string, Uint8Array]): boolean {
    const before = covered.get(key)
    return before === undefined || ran.some((value, i) => value > (before[i] ?? 0))
  }

  return {
    isNew: () => take().some(isNewIn),
    add() {
      const grown = take().filter(isNewIn)
      for (const [key, ran] of grown) {
        const before = covered.get(key)
        covered.set(
          key,
          ran.map((value, i) => value | (before?.[i] ?? 0)),
        )
      }
      return grown.length > 0
    },
  }
}

/** Which characters of a function ran. Its ranges come from the outside in; each replaces a part of the one around it. */
function paint(ranges: readonly Profiler.CoverageRange[]): Uint8Array {
  const [{ startOffset: start, endOffset: end }] = ranges as [Profiler.CoverageRange]
  const ran = new Uint8Array(end - start)
  for (const { startOffset, endOffset, count } of ranges) {
    ran.fill(count === 0 ? 0 : 1, startOffset - start, endOffset - start)
  }
  return ran
}
