import { vi } from 'vitest'
import type { Mock } from 'vitest'

type GetRandomValues = (array: Uint8Array) => Uint8Array

/**
 * Watches where random bytes come from, until the end of the test.
 *
 * It puts another `crypto` in the place of the global one: what vi.spyOn() puts onto that object itself stays there on Bun,
 * where the method cannot be configured.
 */
export function spyOnRandom(): Mock<GetRandomValues> {
  const original = crypto
  const getRandomValues = vi.fn<GetRandomValues>((array) =>
    original.getRandomValues(array as never),
  )
  vi.stubGlobal('crypto', { subtle: original.subtle, getRandomValues })
  return getRandomValues
}
