import type { Middleware } from '@remix-run/fetch-router'

import { contentSecurityPolicy } from '../shop/security.ts'

const headers = {
  'Content-Security-Policy': Object.entries(contentSecurityPolicy)
    .map(([directive, sources]) => `${toKebabCase(directive)} ${sources.join(' ')}`)
    .join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
}

/** What `hono/secure-headers` does for the Worker. */
export function securityHeaders(): Middleware {
  return async function securityHeadersMiddleware(_context, next) {
    const response = await next()
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value)
    return response
  }
}

function toKebabCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
