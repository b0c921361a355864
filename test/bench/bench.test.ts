import { prove } from './proofs.ts'
import { IN_PROCESS, loadSubject } from './subjects.ts'
import { describe, expect, it, vi } from 'vitest'

describe('the subjects of the benchmark', () => {
  it.each(IN_PROCESS)('do what is measured: %s', async (id) => {
    vi.spyOn(console, 'error').mockImplementation(() => {}) // @hono/session reports changed cookies there
    await expect(prove(await loadSubject(id))).resolves.toBeUndefined()
  })
})
