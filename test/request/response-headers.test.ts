import { withSessionHeaders } from '../../src/request/response-headers.ts'
import { describe, expect, it, vi } from 'vitest'

const cookie = (text: string) => ({ vary: true, setCookie: text })
const silent = { vary: false, setCookie: undefined }

describe('withSessionHeaders', () => {
  it('leaves out the cookie that another request has put into the same object, and says so', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    const shared = new Response('a body')
    expect(withSessionHeaders(shared, cookie('id=ada'), 1)).toBe(shared)
    const sent = withSessionHeaders(shared, silent, 2)
    expect(sent.headers.getSetCookie()).toEqual([])
    expect(warn.mock.calls).toEqual([[expect.stringContaining('hand on the very Request')]])
  })

  it('keeps the cookie of a session of the same request', () => {
    const response = new Response('a body')
    withSessionHeaders(response, cookie('one=1'), 3)
    withSessionHeaders(response, cookie('two=2'), 3)
    expect(withSessionHeaders(response, silent, 3)).toBe(response)
    expect(response.headers.getSetCookie()).toEqual(['one=1', 'two=2'])
  })

  // Whatever makes a new Response of it, such as a CORS middleware, would hand the cookie on.
  it.each([
    ['without a type', new Response(null)],
    ['with a type', new Response(null, { headers: { 'content-type': 'text/plain' } })],
  ])(
    'puts no cookie into a response without a body, which may be a constant, %s',
    (_, constant) => {
      const sent = withSessionHeaders(constant, cookie('id=ada'), 4)
      expect(sent.headers.getSetCookie()).toEqual(['id=ada'])
      expect(constant.headers.getSetCookie()).toEqual([])
    },
  )

  it('asks no class over the own one of the platform for its body, which it may have to make first', () => {
    class Lightweight extends Response {
      override get body(): never {
        throw new Error('made in full')
      }
    }
    const light = new Lightweight('text', { headers: { 'content-type': 'text/plain' } })
    expect(withSessionHeaders(light, cookie('id=ada'), 5)).toBe(light)
  })
})
