import { withSession } from 'fetch-sessions/fetch'

import { revalidating } from './revalidation.ts'
import type { Site } from './site.ts'
import { inCookie, inMemory } from './storages.ts'

export function withFetch(site: Site): (request: Request) => Response | Promise<Response> {
  type Answer = (...visit: Parameters<Site>) => Response | Promise<Response>
  const answer = site as Answer
  const cookie = withSession(answer, { storage: inCookie })
  const memory = withSession(answer, { storage: inMemory })
  return revalidating((request) => {
    const { pathname } = new URL(request.url)
    if (pathname.startsWith('/cookie/')) return cookie(request)
    if (pathname.startsWith('/memory/')) return memory(request)
    return answer(request)
  })
}
