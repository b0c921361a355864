const NONE: readonly string[] = []

/** A client may send any number of cookies. */
const MAX_VALUES = 8

/**
 * The first 8 values of this name in a Cookie header, each once. A browser sends cookies of one name with
 * different paths or domains side by side, and a server cannot tell which is which (RFC 6265bis section 5.8.3).
 */
export function readCookieValues(
  header: string | null | undefined,
  name: string,
): readonly string[] {
  if (!header?.includes(name)) return NONE
  const values: string[] = []
  for (let next = 0; next < header.length && values.length < MAX_VALUES;) {
    let start = next
    let end = header.indexOf(';', start)
    if (end === -1) end = header.length
    next = end + 1
    // SP and HTAB only: before other white space, browsers do not enforce a `__Host-` prefix.
    while (header[start] === ' ' || header[start] === '\t') start++
    if (!header.startsWith(name, start) || header[start + name.length] !== '=') continue
    while (header[end - 1] === ' ' || header[end - 1] === '\t') end--
    const value = header.slice(start + name.length + 1, end)
    // An empty value is a cleared cookie.
    if (value !== '' && !values.includes(value)) values.push(value)
  }
  return values
}
