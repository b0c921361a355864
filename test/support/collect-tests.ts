import type { StoreConformanceOptions } from '../../src/testing/store-suite.ts'

interface CollectedTest {
  readonly name: string
  readonly body: () => Promise<void>
}

/** The tests that a suite declares, to be run by hand. */
export function collectTests(
  declare: (runner: Pick<StoreConformanceOptions, 'describe' | 'it'>) => void,
): CollectedTest[] {
  const tests: CollectedTest[] = []
  declare({
    describe: (_, body) => body(),
    it: (name, body) => tests.push({ name, body }),
  })
  return tests
}
