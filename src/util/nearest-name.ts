/** The known name closest to a misspelt one, or undefined if none is close. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const distances = known.map((name) => distance(given.toLowerCase(), name.toLowerCase()))
  const least = Math.min(...distances)
  return least <= given.length / 3 ? known[distances.indexOf(least)] : undefined
}

/** How many characters have to be inserted, removed or replaced (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let i = 1; i <= a.length; i++) {
    const above = row
    row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (above[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, (above[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1))
    }
  }
  return row[b.length] ?? 0
}
