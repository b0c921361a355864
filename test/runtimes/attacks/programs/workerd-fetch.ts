import { withFetch } from '../fetch.ts'
import { createSite } from '../site.ts'

let fetch: ReturnType<typeof withFetch> | undefined

export default {
  // Not before the first request: Workers make no Response with a body at start.
  fetch: (request: Request): Response | Promise<Response> =>
    (fetch ??= withFetch(createSite()))(request),
}
