type Fetch<Rest extends readonly unknown[]> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>

/** Answers 304 to whoever has the page already, as an ETag middleware does: the page's own Response is not sent. */
export function revalidating<Rest extends readonly unknown[]>(fetch: Fetch<Rest>): Fetch<Rest> {
  return async (request, ...rest) => {
    const response = await fetch(request, ...rest)
    const etag = response.headers.get('ETag')
    if (etag === null || request.headers.get('If-None-Match') !== etag) return response
    return new Response(null, { status: 304, headers: { ETag: etag } })
  }
}
