import { oncePerEnvironment } from '../../src/request/storage-per-environment.ts'
import { describe, expect, it, vi } from 'vitest'

describe('oncePerEnvironment', () => {
  const factory = (): ((environment: unknown) => object) & { made: () => number } => {
    const make = vi.fn((environment: object) => ({
      url: Reflect.get(environment, 'URL') as string,
    }))
    const resolve = oncePerEnvironment<undefined>(make)
    return Object.assign((environment: unknown) => resolve(environment, undefined), {
      made: () => make.mock.calls.length,
    })
  }

  it('makes one storage for one environment', () => {
    const storageFor = factory()
    const environment = { URL: 'a' }
    expect(storageFor(environment)).toBe(storageFor(environment))
    expect(storageFor.made()).toBe(1)
  })

  it('makes one storage where all that was read is the same', () => {
    const storageFor = factory()
    expect(storageFor({ URL: 'a', socket: {} })).toBe(storageFor({ URL: 'a', socket: {} }))
    expect(storageFor.made()).toBe(1)
  })

  it('makes another where a binding that was read is another', () => {
    const storageFor = factory()
    expect(storageFor({ URL: 'a' })).not.toBe(storageFor({ URL: 'b' }))
    expect(storageFor({ URL: 'b' })).toEqual({ url: 'b' })
    expect(storageFor.made()).toBe(2)
  })

  it.each([undefined, null, 'text'])('takes %j for an environment without bindings', (nothing) => {
    const storageFor = factory()
    expect(storageFor(nothing)).toBe(storageFor(undefined))
  })

  it('makes another for each where the function looked at all of them', () => {
    const resolve = oncePerEnvironment<undefined>((environment) => ({ ...environment }))
    const [one, two] = [{ URL: 'a' }, { URL: 'a' }]
    expect(resolve(one, undefined)).toBe(resolve(one, undefined))
    expect(resolve(two, undefined)).not.toBe(resolve(one, undefined))
  })

  it('makes another where a binding is there that was asked for', () => {
    const resolve = oncePerEnvironment<undefined>((environment) => ({
      admin: 'ADMIN' in environment,
    }))
    expect(resolve({}, undefined)).toEqual({ admin: false })
    expect(resolve({ ADMIN: '1' }, undefined)).toEqual({ admin: true })
  })

  it('refuses a read that comes later, when another environment may be meant', () => {
    const resolve = oncePerEnvironment<undefined>((environment) => ({
      later: () => Reflect.get(environment, 'STORE') as unknown,
    }))
    const storage = resolve({ STORE: 1 }, undefined) as { later(): unknown }
    expect(() => storage.later()).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CONFIG' }))
  })

  it('reads an environment no more once it is known', () => {
    const storageFor = factory()
    const read = vi.fn(() => 'a')
    const environments = [0, 1].map(() => Object.defineProperty({}, 'URL', { get: read }))
    for (const environment of environments) storageFor(environment)
    expect(read).toHaveBeenCalledTimes(2)
    for (const environment of environments) storageFor(environment)
    expect(read).toHaveBeenCalledTimes(2)
  })

  it('remembers several environments', () => {
    const storageFor = factory()
    for (const URL of ['a', 'b', 'a', 'b']) storageFor({ URL })
    expect(storageFor.made()).toBe(2)
  })

  it('forgets old environments beyond a few', () => {
    const storageFor = factory()
    for (let i = 0; i < 100; i++) storageFor({ URL: `${i}` })
    storageFor({ URL: '99' })
    expect(storageFor.made()).toBe(100)
    storageFor({ URL: '0' })
    expect(storageFor.made()).toBe(101)
  })
})
