import { icon } from './icon.ts'
import { style } from './style.ts'

/** A file that never changes under its address, since the address holds a fingerprint of the content. */
export interface Asset {
  readonly path: string
  readonly type: string
  readonly body: string
}

export const assets: readonly Asset[] = [
  { path: '/style.css', type: 'text/css; charset=utf-8', body: style },
  { path: '/icon.svg', type: 'image/svg+xml', body: icon },
]

export const assetPaths = {
  style: `/style.css?v=${fingerprint(style)}`,
  icon: `/icon.svg?v=${fingerprint(icon)}`,
} as const

export function assetResponse({ type, body }: Asset): Response {
  return new Response(body, {
    headers: { 'Content-Type': type, 'Cache-Control': 'public, max-age=31536000, immutable' },
  })
}

/** FNV-1a: tells versions apart, and unlike crypto.subtle is there at once, at module scope. */
function fingerprint(text: string): string {
  let hash = 0x811c9dc5
  for (const character of text) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193)
  }
  return (hash >>> 0).toString(36)
}
