/** Keys by expiry, earliest first: a binary heap. A push or a pop costs O(log n). */
interface ExpiryQueue {
  /** How many entries it has. */
  readonly size: number
  /** Adds an entry. A key may be in the queue more than once. */
  push(key: string, expiresAt: number): void
  /** Removes and returns the earliest entry if its expiry is not after `now`, both in milliseconds since 1970. */
  popExpired(now: number): string | undefined
  /** Replaces all entries. O(n log n). */
  replace(entries: Iterable<readonly [key: string, expiresAt: number]>): void
}

interface Entry {
  readonly key: string
  readonly expiresAt: number
}

export function createExpiryQueue(): ExpiryQueue {
  // The children of heap[i] are heap[2i + 1] and heap[2i + 2], and no child is earlier than its parent.
  let heap: Entry[] = []
  const expiryAt = (index: number): number => heap[index]?.expiresAt ?? Infinity

  function swap(a: number, b: number): void {
    const [one, other] = [heap[a], heap[b]]
    if (one === undefined || other === undefined) return
    heap[a] = other
    heap[b] = one
  }

  function moveUp(start: number): void {
    let index = start
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (expiryAt(parent) <= expiryAt(index)) return
      swap(parent, index)
      index = parent
    }
  }

  function moveDown(start: number): void {
    let index = start
    for (;;) {
      const left = 2 * index + 1
      const earlier = expiryAt(left + 1) < expiryAt(left) ? left + 1 : left
      if (expiryAt(index) <= expiryAt(earlier)) return
      swap(index, earlier)
      index = earlier
    }
  }

  return {
    get size() {
      return heap.length
    },
    push(key, expiresAt) {
      heap.push({ key, expiresAt })
      moveUp(heap.length - 1)
    },
    popExpired(now) {
      const [first] = heap
      if (first === undefined || first.expiresAt > now) return undefined
      swap(0, heap.length - 1)
      heap.pop()
      moveDown(0)
      return first.key
    },
    replace(entries) {
      heap = Array.from(entries, ([key, expiresAt]) => ({ key, expiresAt }))
      heap.sort((a, b) => a.expiresAt - b.expiresAt) // a sorted array is a heap
    },
  }
}
