import type { Html } from '../shop/html.ts'

export async function htmlResponse(page: Html, status = 200): Promise<Response> {
  const body = String(await page)
  return new Response(body, { status, headers: { 'Content-Type': 'text/html; charset=utf-8' } })
}
