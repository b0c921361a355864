/*
 * @hono/node-server replaces the global Response by a light class. An instance keeps `[status, body, headers]` under a
 * symbol until other members are read. The server sends these three without a stream. A copy made from `response.body`
 * costs that server more than the whole request, so we read the body from there.
 *
 * test/runtimes/ runs this against the published server. Any other shape is ignored.
 */

/** The body of a light Response, or `undefined` for any other Response. */
export function lightBodyOf(response: Response): BodyInit | null | undefined {
  // A copy is light only if the same class makes it.
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
