import { createSession, isSession, Session } from 'fetch-sessions'
import type { SessionData } from 'fetch-sessions'
import { describe, expect, it } from 'vitest'

describe('Session', () => {
  it('keeps values under any name, those of Object.prototype too', () => {
    const session = createSession()
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '']) {
      expect([session.has(name), session.get(name)]).toEqual([false, undefined])
      session.set(name, { polluted: true })
      expect(session.has(name)).toBe(true)
    }
    expect(Object.keys(session.data)).toHaveLength(5)
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  it('gives a flash value once, and a value before a flash value of its name', () => {
    const session = createSession<{ a: string }, { a: string; b: string }>()
    session.flash('a', 'flash')
    session.set('a', 'value')
    session.flash('b', 'once')
    expect([session.get('a'), session.get('a')]).toEqual(['value', 'value'])
    expect([session.peek('b'), session.get('b'), session.get('b')]).toEqual([
      'once',
      'once',
      undefined,
    ])
    session.unset('a')
    expect(session.has('a')).toBe(false)
  })

  it('shows flash values in its data under the key that Remix uses', () => {
    const session = createSession<{ n: number }, { notice: string }>({
      n: 1,
      __flash_notice__: 'Saved',
    })
    expect(session.data).toEqual({ n: 1, __flash_notice__: 'Saved' })
    expect(session.get('notice')).toBe('Saved')
    expect(session.data).toEqual({ n: 1 })
  })

  it('refuses the key of a flash value in set() and in flash(), and says what to call', () => {
    const session = createSession()
    session.flash('notice', 'Saved')
    for (const write of ['set', 'flash'] as const) {
      for (const [key, name] of [
        ['__flash_notice__', 'notice'],
        ['__flash___flash_notice____', '__flash_notice__'],
        ['__flash_two\nlines__', 'two\nlines'],
        ['__flash___', ''],
      ]) {
        expect(() => session[write](key!, 'x')).toThrow(
          expect.objectContaining({
            code: 'ERR_SESSION_VALUE',
            message: expect.stringContaining(`call flash("${name}", …)`),
          }),
        )
      }
    }
    expect(session.data).toEqual({ __flash_notice__: 'Saved' })
  })

  it('takes names that only look like the key of a flash value', () => {
    const session = createSession()
    for (const name of ['__flash__', '__flash_', '__flash_x', 'x__', '__flash_x_', '__']) {
      session.set(name, 'value')
      session.flash(name, 'flash')
      expect([session.get(name), session.peek(name)]).toEqual(['value', 'value'])
      session.unset(name)
      session.flash(name, 'flash')
      expect([session.get(name), session.get(name)]).toEqual(['flash', undefined])
    }
    expect(session.data).toEqual({})
  })

  it.each([undefined, 'id'])('refuses data that JSON would lose, with the id %s too', (id) => {
    for (const at of [new Date(0), Object.assign([1], { note: 1 })]) {
      expect(() => createSession<SessionData>({ at }, id)).toThrow(
        expect.objectContaining({
          code: 'ERR_SESSION_VALUE',
          message: expect.stringContaining('"at'),
        }),
      )
    }
  })

  it('gives data that cannot be assigned to, with values that can be changed inside', () => {
    const session = createSession({ n: 1, cart: ['tea'] })
    const data = session.data as Record<string, unknown>
    expect(() => (data['n'] = 2)).toThrow(TypeError)
    expect(() => (data['new'] = 2)).toThrow(TypeError)
    expect(() => delete data['n']).toThrow(TypeError)
    session.data['cart']?.push('mug')
    session.set('n', 3)
    expect([session.data, data['n']]).toEqual([{ n: 3, cart: ['tea', 'mug'] }, 1])
  })

  it('throws after destroy(), which may be called again', () => {
    const session = createSession({ n: 1 })
    session.destroy()
    session.destroy()
    const uses = [
      () => session.get('n'),
      () => session.peek('n'),
      () => session.has('n'),
      () => session.data,
      () => session.set('n', 2),
      () => session.flash('n', 2),
      () => session.unset('n'),
      () => session.clear(),
      () => session.regenerate(),
    ]
    for (const use of uses) {
      expect(use).toThrow(expect.objectContaining({ code: 'ERR_SESSION_DESTROYED' }))
    }
  })

  it('is empty and new, with no times, where nothing was stored', () => {
    const session = createSession()
    expect(session).toMatchObject({
      id: '',
      data: {},
      origin: 'new',
      createdAt: undefined,
      expiresAt: undefined,
      changed: false,
    })
  })

  it('is told from everything else by isSession()', () => {
    expect(isSession(createSession())).toBe(true)
    expect(createSession()).toBeInstanceOf(Session)
    for (const other of [{}, null, undefined, 1, Session, Object.create(Session.prototype)]) {
      expect(isSession(other)).toBe(false)
    }
  })
})

describe('session.changed', () => {
  const stored = (): Session =>
    createSession({ n: 1, cart: { items: ['tea'] }, __flash_x__: 1 }, 'id')

  it.each<[string, (session: Session) => void]>([
    ['nothing at all', () => {}],
    [
      'reading',
      (session) => [session.get('n'), session.get('cart'), session.peek('x'), session.data],
    ],
    ['setting the value that is there', (session) => session.set('n', 1)],
    ['setting an equal object', (session) => session.set('cart', { items: ['tea'] })],
    ['unsetting what is not there', (session) => session.unset('absent')],
    ['setting and unsetting', (session) => [session.set('a', 1), session.unset('a')]],
    ['changing and changing back', (session) => [session.set('n', 2), session.set('n', 1)]],
  ])('is false after %s', (_, use) => {
    const session = stored()
    use(session)
    expect(session.changed).toBe(false)
  })

  it.each<[string, (session: Session) => void]>([
    ['another value', (session) => session.set('n', 2)],
    ['another type', (session) => session.set('n', '1')],
    ['null for an object', (session) => session.set('cart', null)],
    ['a new key', (session) => session.set('new', 0)],
    ['unset', (session) => session.unset('n')],
    ['clear', (session) => session.clear()],
    ['a flash value set', (session) => session.flash('y', 1)],
    ['a flash value consumed', (session) => session.get('x')],
    ['a flash value unset', (session) => session.unset('x')],
    ['a change inside of what get() gave', (session) => itemsOf(session.get('cart')).push('mug')],
    ['a change inside of what peek() gave', (session) => itemsOf(session.peek('cart')).pop()],
    [
      'a change inside, read again since',
      (session) => [itemsOf(session.get('cart')).push('mug'), session.get('cart')],
    ],
    ['a change inside of data', (session) => itemsOf(session.data['cart']).push('mug')],
    [
      'a change inside of what set() was given',
      (session) => {
        const cart = { items: ['tea'] }
        session.set('cart', cart)
        cart.items.push('mug')
      },
    ],
    ['regenerate', (session) => session.regenerate()],
    ['destroy', (session) => session.destroy()],
  ])('is true after %s', (_, use) => {
    const session = stored()
    use(session)
    expect(session.changed).toBe(true)
  })
})

function itemsOf(cart: unknown): unknown[] {
  return (cart as { items: unknown[] }).items
}
