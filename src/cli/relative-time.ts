const UNITS = [
  ['day', 24 * 60 * 60 * 1000],
  ['hour', 60 * 60 * 1000],
  ['minute', 60 * 1000],
  ['second', 1000],
] as const

const format = new Intl.RelativeTimeFormat('en')

/** How far away a moment is: `in 13 days`, `3 hours ago`. Whole units only; both are milliseconds since 1970. */
export function relativeTime(moment: number, now: number): string {
  const difference = moment - now
  const [unit, size] = UNITS.find(([, length]) => Math.abs(difference) >= length) ?? UNITS[3]
  const count = Math.trunc(difference / size)
  return count === 0 ? 'just now' : format.format(count, unit)
}
