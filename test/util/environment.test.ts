import { isProduction, readVariable, warnOnce } from '../../src/util/environment.ts'
import { describe, expect, it, vi } from 'vitest'

describe('readVariable', () => {
  it("prefers the router's environment, where it has a text of that name", () => {
    vi.stubEnv('NAME', 'of the process')
    expect(readVariable({ NAME: 'own' }, 'NAME')).toBe('own')
    for (const environment of [{}, { NAME: 5 }, null, undefined, 'text']) {
      expect(readVariable(environment, 'NAME')).toBe('of the process')
    }
  })
})

describe('where there is no process', () => {
  it('is neither production nor any variable set', () => {
    expect(withoutProcess(isProduction)).toBe(false)
    expect(withoutProcess(() => readVariable({}, 'NAME'))).toBeUndefined()
  })
})

describe('warnOnce', () => {
  it('keeps and says no more than a hundred messages', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    for (let i = 0; i < 200; i++) warnOnce(`message ${i}`)
    expect(warn).toHaveBeenCalledTimes(100)
  })
})

function withoutProcess<T>(use: () => T): T {
  const { process: original } = globalThis
  Reflect.set(globalThis, 'process', undefined)
  try {
    return use()
  } finally {
    Reflect.set(globalThis, 'process', original)
  }
}
