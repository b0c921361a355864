import { isSameCookie } from '../../src/cookie/set-cookie.ts'
import { describe, expect, it } from 'vitest'

describe('isSameCookie', () => {
  it.each([
    ['id=a', { name: 'id' }, true],
    ['id=a; Path=/', { name: 'id', path: '/' }, true],
    ['id=a; PATH=/shop', { name: 'id', path: '/shop' }, true],
    ['id=a; Path=/shop', { name: 'id' }, false],
    ['id=a; Path=/; Path=/shop', { name: 'id', path: '/shop' }, true],
    ['id=a;path = /shop ;Secure', { name: 'id', path: '/shop' }, true],
    ['id=a; Domain=App.example', { name: 'id', domain: 'app.example' }, true],
    ['id=a; Domain=.app.example', { name: 'id', domain: 'app.example' }, true],
    ['id=a; Domain=app.example', { name: 'id' }, false],
    ['id=a', { name: 'id', domain: 'app.example' }, false],
    ['id=a; Comment=domain=app.example', { name: 'id' }, true],
    ['id=path=/shop', { name: 'id' }, true],
    ['ID=a', { name: 'id' }, false],
    ['id2=a', { name: 'id' }, false],
  ])('%s against %o: %s', (setCookie, cookie, expected) => {
    expect(isSameCookie(setCookie, cookie)).toBe(expected)
  })

  it('takes no more than linear time', () => {
    const texts = ['x'.repeat(200_000), ';domain '.repeat(25_000), '; path\t'.repeat(25_000)]
    for (const text of texts) expect(isSameCookie(`id=${text}`, { name: 'id' })).toBe(true)
  })
})
