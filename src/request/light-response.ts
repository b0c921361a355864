/*
 * @hono/node-server puts a light class in the place of the global Response. Until somebody asks for more, an instance
 * keeps `[status, body, headers]` under a symbol, which the server sends as it is, without a stream. A copy that is made
 * from `response.body` costs that server more than the whole request, so the body is taken from there.
 *
 * test/runtimes/ holds this to the published server. Any other shape counts as none.
 */

/** The body that a light Response was made with, or `undefined` if this is none. */
export function lightBodyOf(response: Response): BodyInit | null | undefined {
  // A copy is light only if it is made by the same class.
  if (Object.getPrototypeOf(response) !== Response.prototype) return undefined
  for (const symbol of Object.getOwnPropertySymbols(response)) {
    if (symbol.description !== 'cache') continue
    const kept: unknown = Reflect.get(response, symbol)
    if (!Array.isArray(kept) || kept.length !== 3 || typeof kept[0] !== 'number') return undefined
    const body: unknown = kept[1]
    const isSentAsItIs =
      body === null ||
      typeof body === 'string' ||
      body instanceof Uint8Array ||
      body instanceof Blob ||
      body instanceof ReadableStream
    return isSentAsItIs ? (body as BodyInit | null) : undefined
  }
  return undefined
}
