let last = 0

/**
 * A moment in milliseconds since 1970, with a fraction that orders the commits of one process within a millisecond.
 *
 * @param now the clock; if it was set back, so are the moments
 */
export function momentOf(now: number): number {
  last = last < now || last > now + 1000 ? now : last + 0.001
  return last
}
