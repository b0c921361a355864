import { corpusOf, load, readInputs } from './corpus.ts'
import { MUTATIONS } from './mutations.ts'
import { TARGETS } from './target.ts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe.each(TARGETS)('the fuzz target %s', async (name) => {
  const { fuzz, seeds } = await load(name)
  const kept = readInputs(corpusOf(name))
  const inputs = [...(await seeds()), ...kept.map(([, data]) => data)]

  it('holds for its seeds', async () => {
    expect(await seeds()).not.toHaveLength(0)
    for (const data of await seeds()) await fuzz(data)
  })

  it.each(kept)('holds for the kept input %s', async (_path, data) => {
    await expect(fuzz(data)).resolves.toBeUndefined()
  })

  it('holds for mutations of valid inputs', async () => {
    const holds = fc.assert(fc.asyncProperty(mutated(inputs), fuzz), { numRuns: 500 })
    await expect(holds).resolves.toBeUndefined()
  })
})

function mutated(inputs: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const input = fc.constantFrom(...inputs)
  const choices = fc.record({
    mutate: fc.constantFrom(...MUTATIONS),
    at: fc.nat(2 ** 16),
    length: fc.nat(64),
    byte: fc.nat(255),
    other: input,
  })
  return fc
    .tuple(input, fc.array(choices, { maxLength: 4 }))
    .map(([start, changes]) => changes.reduce((data, change) => change.mutate(data, change), start))
}
