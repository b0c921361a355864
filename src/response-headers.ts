/** What a session has to say in a response. */
export interface SessionHeaders {
  /** The session was looked at, so the response depends on the Cookie header. */
  readonly vary: boolean
  readonly setCookie: string | undefined
}

/**
 * Adds the session's headers to a response: in place where its headers allow, else to a copy. A response that switches
 * protocols cannot be copied and goes out as it is where its headers are immutable.
 */
export function withSessionHeaders(response: Response, headers: SessionHeaders): Response {
  if (!headers.vary && headers.setCookie === undefined) return response
  try {
    apply(response.headers, headers)
    return response
  } catch (error) {
    // Immutable headers: fetch(), Response.redirect(), assets.
    if (!(error instanceof TypeError)) throw error
  }
  if (response.status < 200) return response
  const copy = new Response(response.body, response)
  apply(copy.headers, headers)
  return copy
}

function apply(headers: Headers, { vary, setCookie }: SessionHeaders): void {
  if (vary) addVary(headers)
  if (setCookie === undefined) return
  headers.set('Cache-Control', toPrivate(headers.get('Cache-Control')))
  headers.append('Set-Cookie', setCookie)
}

function addVary(headers: Headers): void {
  const vary = headers.get('Vary')
  const names = vary?.toLowerCase().split(',') ?? []
  if (!names.some((name) => ['*', 'cookie'].includes(name.trim()))) headers.append('Vary', 'Cookie')
}

/**
 * The directives without those that let shared caches keep the response (RFC 9111 section 5.2.2), and `private`. A split
 * outside of quotes is all it takes; the typed parsers drop the directives that they do not know.
 */
function toPrivate(cacheControl: string | null): string {
  const directives = cacheControl?.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g) ?? []
  const kept = directives
    .map((directive) => directive.trim())
    .filter((directive) => directive !== '' && !/^(public|private|s-maxage)\b/i.test(directive))
  const isUnstored = kept.some((directive) => /^no-store$/i.test(directive))
  return (isUnstored ? kept : ['private', ...kept]).join(', ')
}
