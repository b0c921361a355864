import type { Html } from '../shop/html.ts'
import { pageCaching } from '../shop/security.ts'

export async function htmlResponse(page: Html, status = 200): Promise<Response> {
  const body = String(await page)
  const headers = { 'Content-Type': 'text/html; charset=utf-8', ...pageCaching }
  return new Response(body, { status, headers })
}
