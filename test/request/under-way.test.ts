import { inspect } from 'node:util'

import { createMemorySessionStorage } from 'fetch-sessions'
import { engineOf } from '../../src/engine/session-storage.ts'
import { announce, retire, underWayAt } from '../../src/request/under-way.ts'
import type { UnderWay } from '../../src/request/under-way.ts'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it } from 'vitest'

const engine = engineOf(createMemorySessionStorage({ cookie: { secrets: [SECRET] } }))

function begin(headers: object, identity?: object, others?: UnderWay): UnderWay {
  const session = { number: 1, engine, control: engine.open(null), headers, identity, others }
  announce(session)
  return session
}

function end(session: UnderWay): void {
  session.control.closed = true
  retire(session)
}

describe('a session under way', () => {
  it('is found by the headers and the identity of its request until it is closed', () => {
    const [headers, identity] = [new Headers(), {}]
    expect(underWayAt(headers)).toBeUndefined()
    const session = begin(headers, identity)
    expect([underWayAt(headers), underWayAt(identity)]).toEqual([session, session])
    expect(underWayAt(new Headers())).toBeUndefined()
    end(session)
    expect([underWayAt(headers), underWayAt(identity)]).toEqual([undefined, undefined])
  })

  it('gives way to a later one of the same request, in whatever order they end', () => {
    for (const isInnerFirst of [true, false]) {
      const headers = new Headers()
      const outer = begin(headers)
      const inner = begin(headers, undefined, outer)
      expect(underWayAt(headers)).toBe(inner)
      const [first, second] = isInnerFirst ? [inner, outer] : [outer, inner]
      end(first)
      expect(underWayAt(headers)).toBe(second)
      end(second)
      expect(underWayAt(headers)).toBeUndefined()
    }
  })

  // Routers derive the context of one request from that of another.
  it('is no session of a copy, an heir or a Proxy, which may have one of its own', () => {
    const context = {}
    const session = begin(new Headers(), context)
    const others = [{ ...context }, Object.create(context) as object, new Proxy(context, {})]
    for (const another of others) {
      expect(underWayAt(another)).toBeUndefined()
      const own = begin(new Headers(), another)
      expect(underWayAt(another)).toBe(own)
      expect(underWayAt(context)).toBe(session)
      end(own)
      expect(underWayAt(another)).toBeUndefined()
    }
    expect(underWayAt(context)).toBe(session)
  })

  it.each([
    ['frozen', Object.freeze],
    ['sealed', Object.seal],
    ['not extensible', Object.preventExtensions],
    ['a Proxy that takes nothing', (object: object) => new Proxy(object, { set: () => false })],
    ['a Proxy that loses it', (object: object) => new Proxy(object, { set: () => true })],
    ['a Proxy that knows its own names', (object: object) => new Proxy(object, { get: fail })],
    ['a Proxy that knows all names', (object: object) => new Proxy(object, { get: () => fail })],
  ])('is found where the object is %s', (_, make) => {
    const key = make({})
    for (let request = 0; request < 2; request++) {
      const outer = begin(key)
      const inner = begin(key, undefined, outer)
      expect(underWayAt(key)).toBe(inner)
      end(inner)
      expect(underWayAt(key)).toBe(outer)
      end(outer)
      expect(underWayAt(key)).toBeUndefined()
    }
  })

  it('is found where the object is frozen meanwhile, and so is the next one', () => {
    const key = {}
    const first = begin(key)
    Object.freeze(key)
    expect(underWayAt(key)).toBe(first)
    end(first)
    expect(underWayAt(key)).toBeUndefined()
    const next = begin(key)
    expect(underWayAt(key)).toBe(next)
  })

  it('is not printed with the object', () => {
    const context = { path: '/' }
    const headers = new Headers({ cookie: 'id=secret' })
    begin(headers, context)
    const printed = inspect(context, { depth: null, showHidden: true })
    expect(printed).not.toMatch(/secret|control|headers/)
    expect(JSON.stringify(context)).toBe('{"path":"/"}')
  })
})

function fail(): never {
  throw new Error('no such name')
}
