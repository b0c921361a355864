import type { Session } from 'fetch-sessions'
import { session } from 'fetch-sessions/h3'
import { bodyLimit, H3 } from 'h3'
import type { H3Event } from 'h3'

import { revalidating } from './revalidation.ts'
import type { Site } from './site.ts'
import { inCookie, inMemory } from './storages.ts'

export function withH3(site: Site): (request: Request) => Response | Promise<Response> {
  const app = new H3({ silent: true })
    .use('/cookie/**', session({ storage: inCookie }))
    .use('/memory/**', session({ storage: inMemory }))
    .use('/:kind/limited', bodyLimit(1000))
    .post('/:kind/form', async (event) => signIn(event, await event.req.formData()))
    .post('/:kind/limited', async (event) =>
      signIn(event, new URLSearchParams(await event.req.text())),
    )
    .all('/**', ({ req, context }) => site(req as Request, context.session))
  return revalidating((request) => app.fetch(request))
}

/** The session is looked at after the body was read, for which a server may make another request. */
function signIn(event: H3Event, form: FormData | URLSearchParams): string {
  const current = event.context.session as Session
  current.set('name', String(form.get('name')))
  return 'signed in'
}
