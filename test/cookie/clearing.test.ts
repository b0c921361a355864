import { createCookie } from '@remix-run/cookie'
import { createCookie as createReactRouterCookie } from 'react-router'
import { createSessionCookie } from '../../src/cookie/session-cookie.ts'
import type { SessionStorageOptions } from 'fetch-sessions'
import { SECRET } from '../support/secrets.ts'
import { describe, expect, it } from 'vitest'

const cookieOf = (options: NonNullable<SessionStorageOptions['cookie']>) =>
  createSessionCookie(options, 'id', [SECRET])

const EPOCH = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT'

describe('clearingHeaders', () => {
  it('clears the cookie with its own attributes', async () => {
    const cookie = cookieOf({ name: 'id', path: '/shop', sameSite: 'strict', partitioned: true })
    expect(await cookie.clearingHeaders({})).toEqual([
      `id=; Max-Age=0; Path=/shop; ${EPOCH}; HttpOnly; Secure; Partitioned; SameSite=Strict`,
    ])
    expect(cookie.duplicateClearingHeaders()).toEqual([])
  })

  it('clears the host-only cookie beside one with a Domain', async () => {
    const cookie = cookieOf({ name: 'id', path: '/shop', domain: 'shop.example' })
    const hostOnly = `id=; Max-Age=0; Path=/shop; ${EPOCH}; HttpOnly; Secure; SameSite=Lax`
    expect(await cookie.clearingHeaders({})).toEqual([
      `id=; Max-Age=0; Domain=shop.example; Path=/shop; ${EPOCH}; HttpOnly; Secure; SameSite=Lax`,
      hostOnly,
    ])
    expect(cookie.duplicateClearingHeaders()).toEqual([hostOnly])
  })

  it('follows the attributes of one logout', async () => {
    const cookie = cookieOf({ name: 'id' })
    const given = { domain: 'shop.example', path: '/a', secure: false, sameSite: undefined }
    const attributes = `Path=/a; ${EPOCH}; HttpOnly; SameSite=Lax`
    expect(await cookie.clearingHeaders(given)).toEqual([
      `id=; Max-Age=0; Domain=shop.example; ${attributes}`,
      `id=; Max-Age=0; ${attributes}`,
    ])
    expect(cookie.duplicateClearingHeaders(given)).toEqual([`id=; Max-Age=0; ${attributes}`])
  })

  it('clears both of a foreign Cookie that exposes its domain', async () => {
    const options = { domain: 'shop.example', path: '/shop', secrets: [SECRET], httpOnly: true }
    const cookie = cookieOf(createCookie('id', { ...options, secure: true }))
    const [first, ...others] = await cookie.clearingHeaders({})
    expect(first).toMatch(/^id=; Domain=shop.example; Expires=Thu, 01 Jan 1970.*Path=\/shop/)
    expect(others).toEqual(cookie.duplicateClearingHeaders())
    expect(others).toEqual([`id=; Max-Age=0; Path=/shop; ${EPOCH}; HttpOnly; Secure; SameSite=Lax`])
  })

  it('clears one of a foreign Cookie that exposes none', async () => {
    const cookie = cookieOf(
      createReactRouterCookie('id', { domain: 'shop.example', secrets: [SECRET] }),
    )
    expect(await cookie.clearingHeaders({})).toEqual([
      `id=; Max-Age=0; Domain=shop.example; Path=/; ${EPOCH}; HttpOnly; Secure; SameSite=Lax`,
    ])
  })
})
