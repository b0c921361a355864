/**
 * Attributes and lifetime of the session cookie (RFC 6265bis section 4.1.2): of every cookie, as options of a storage, or
 * of one, as options of `commitSession` and `destroySession`. There, `maxAge: undefined` makes a cookie that ends with the
 * browser.
 *
 * @example
 * import type { SerializeOptions, Session, SessionStorage } from 'fetch-sessions'
 *
 * export function commit(storage: SessionStorage, session: Session, stay: boolean): Promise<string> {
 *   const options: SerializeOptions = { maxAge: stay ? 60 * 60 * 24 * 30 : undefined }
 *   return storage.commitSession(session, options)
 * }
 */
export interface SerializeOptions {
  /** Which hosts get the cookie. Default: only the host that set it. */
  domain?: string | undefined
  /**
   * A fixed moment at which the cookie ends. In the options of a storage it warns: every session would end then, and
   * `maxAge` counts for each session.
   */
  expires?: Date | undefined
  /** Hides the cookie from scripts. Default: true. */
  httpOnly?: boolean | undefined
  /**
   * Seconds from the last renewal to the expiry: at least 1, at most 400 days. Without it the cookie ends with the browser.
   */
  maxAge?: number | undefined
  /** Keeps the cookie apart for each top-level site (CHIPS). Needs `secure`. */
  partitioned?: boolean | undefined
  /** The path under which the cookie is sent. Default: `/`. */
  path?: string | undefined
  /** Which cookies a browser drops last when there are too many. Chromium alone knows it. */
  priority?: 'low' | 'medium' | 'high' | undefined
  /**
   * Whether requests from other sites carry the cookie. Default: `lax`. `none` needs `secure`. `true` means `strict`;
   * `false` leaves the attribute out, so that each browser uses its own default.
   */
  sameSite?: boolean | 'lax' | 'strict' | 'none' | 'Lax' | 'Strict' | 'None' | undefined
  /** Sends the cookie over https only. Default: true; middlewares leave it out for http on a loopback host. */
  secure?: boolean | undefined
}

/** Browsers keep name, value and attributes up to this many bytes (RFC 6265bis section 5.6 requires no less). */
export const MAX_COOKIE_BYTES = 4096

// The greedy start finds the last attribute, which counts (RFC 6265bis section 5.7).
const DOMAIN = /^.*;[ \t]*domain[ \t]*=([^;]*)/is
const PATH = /^.*;[ \t]*path[ \t]*=([^;]*)/is

/** Whether a Set-Cookie text is for the cookie of this name, domain and path (RFC 6265bis section 5.7). */
export function isSameCookie(
  setCookie: string,
  {
    name,
    domain = '',
    path,
  }: { name: string; domain?: string | undefined; path?: string | undefined },
): boolean {
  if (!setCookie.startsWith(`${name}=`)) return false
  const isHost = canonicalDomain(DOMAIN.exec(setCookie)?.[1] ?? '') === canonicalDomain(domain)
  return isHost && (PATH.exec(setCookie)?.[1]?.trim() || '/') === (path || '/')
}

function canonicalDomain(domain: string): string {
  return domain.trim().replace(/^\./, '').toLowerCase()
}
