const NONE: readonly string[] = []

/**
 * Every value that a Cookie header carries under the name, each once. A browser sends cookies of one name with
 * different paths or domains side by side, and a server cannot tell which is which (RFC 6265bis section 5.8.3).
 */
export function readCookieValues(
  header: string | null | undefined,
  name: string,
): readonly string[] {
  if (!header?.includes(name)) return NONE
  const values: string[] = []
  for (let start = 0, end = 0; end < header.length; start = end + 1) {
    end = header.indexOf(';', start)
    if (end === -1) end = header.length
    // SP and HTAB only: a browser does not hold a name to its `__Host-` prefix that begins with other white space.
    while (isBlank(header, start)) start++
    if (!header.startsWith(name, start) || header[start + name.length] !== '=') continue
    let last = end
    while (isBlank(header, last - 1)) last--
    const value = header.slice(start + name.length + 1, last)
    if (value !== '') values.push(value) // empty is what is left of a cleared cookie
  }
  return values.length > 1 ? [...new Set(values)] : values
}

function isBlank(text: string, index: number): boolean {
  return text[index] === ' ' || text[index] === '\t'
}
