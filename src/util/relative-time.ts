const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, milliseconds: number])[] = [
  ['day', 24 * 60 * 60 * 1000],
  ['hour', 60 * 60 * 1000],
  ['minute', 60 * 1000],
  ['second', 1000],
]

/** A distance in time in the largest unit that fits: `3 hours ago`, `in 13 days`. */
export function relativeTime(milliseconds: number): string {
  const size = Math.abs(milliseconds)
  const [unit, length] = UNITS.find(([, least]) => size >= least) ?? ['second', 1000]
  // Toward zero: 59 minutes are not yet an hour.
  return new Intl.RelativeTimeFormat('en').format(Math.trunc(milliseconds / length), unit)
}
