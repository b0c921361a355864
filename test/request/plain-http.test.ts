import { isPlainHttp } from '../../src/request/session-commit.ts'
import { describe, expect, it, vi } from 'vitest'

const request = (url: string, headers: Record<string, string> = {}): Request =>
  new Request(url, { headers })

describe('isPlainHttp', () => {
  it.each([
    ['http://localhost/', 'loopback'],
    ['http://localhost:8787/a?b', 'loopback'],
    ['http://shop.localhost/', 'loopback'],
    ['http://127.0.0.1:3000/', 'loopback'],
    ['http://[::1]/', 'loopback'],
    ['http://192.168.0.7:3000/', 'other'],
    ['http://shop.example/', 'other'],
    ['http://localhost.shop.example/', 'other'],
    ['http://shop.example/http://localhost/', 'other'],
    ['https://localhost/', false],
    ['https://shop.example/', false],
  ])('of %s is %s', (url, expected) => {
    expect(isPlainHttp(request(url))).toBe(expected)
  })

  it('is false in production, where plain http is the last hop of a proxy', () => {
    vi.stubEnv('NODE_ENV', 'production')
    expect(isPlainHttp(request('http://localhost/'))).toBe(false)
    expect(isPlainHttp(request('http://shop.example/'))).toBe(false)
  })

  it.each([
    [{ 'x-forwarded-proto': 'HTTPS' }, false],
    [{ 'x-forwarded-proto': 'https,http' }, false],
    [{ forwarded: 'for=192.0.2.1;proto=https' }, false],
    [{ 'x-forwarded-scheme': 'https' }, false],
    [{ 'cf-visitor': '{"scheme":"https"}' }, false],
    [{ 'x-forwarded-proto': 'http' }, 'other'],
    [{ 'cf-visitor': '{"scheme":"http"}' }, 'other'],
  ])('behind a proxy that says %o: %s', (headers, expected) => {
    const given = headers as Record<string, string>
    expect(isPlainHttp(request('http://shop.example/', given))).toBe(expected)
  })
})
