import type { SessionOrigin } from 'fetch-sessions'
import { html } from 'hono/html'

import type { Html } from './html.ts'
import { fromNow, moment } from './moments.ts'
import { paths } from './paths.ts'
import { stores } from './stores.ts'
import type { Visit } from './visit.ts'

const cookieName = '__session'
const cookieLimit = 4096

const meanings: Readonly<Record<SessionOrigin, string>> = {
  new: 'Your browser sent no session cookie. It gets one when there is something to remember.',
  resumed: 'Your browser sent a cookie, and it was genuine.',
  tampered: 'The cookie was not one of ours, so you start with an empty session.',
  expired: 'The cookie was genuine but too old, so you start with an empty session.',
  unknown: 'The cookie was genuine, but its session has ended, so you start with an empty one.',
  revoked: 'The session was ended from another device, so you start with an empty one.',
  invalid: 'The cookie was genuine but stood for no session, so you start with an empty one.',
}

/** What the server knows about the session of this request. */
export function sessionPanel({ session, request, store }: Visit): Html {
  const size = cookieSize(request.headers.get('cookie') ?? '')
  const { origin, createdAt, expiresAt } = session
  return html`<aside class="panel" id="session" aria-labelledby="session-title">
    <h2 id="session-title">This session</h2>
    <dl>
      <div>
        <dt>Origin</dt>
        <dd>
          <span class="badge" data-origin="${origin}">${origin}</span>
          <p>${meanings[origin]}</p>
        </dd>
      </div>
      <div>
        <dt>Kept in</dt>
        <dd data-store="${store}">${stores[store]}</dd>
      </div>
      <div>
        <dt>Created</dt>
        <dd>${describe(createdAt)}</dd>
      </div>
      <div>
        <dt>Expires</dt>
        <dd>${describe(expiresAt)}</dd>
      </div>
      <div>
        <dt>Cookie</dt>
        <dd>
          ${size} of ${cookieLimit} bytes, name included, attributes not
          <meter
            min="0"
            max="${cookieLimit}"
            high="${cookieLimit * 0.75}"
            value="${size}"
            aria-label="Cookie size in bytes"
          ></meter>
        </dd>
      </div>
    </dl>
    <details>
      <summary>What it holds</summary>
      <pre tabindex="0" role="region" aria-label="Session data">
${JSON.stringify(session.data, null, 2)}</pre>
    </details>
    ${
      origin === 'resumed' &&
      html`<form method="post" action="${paths.endSession}">
        <button class="quiet">End session</button>
      </form>`
    }
  </aside>`
}

/** Bytes of the session cookie that came with the request, which has the name but no attributes. */
export function cookieSize(header: string): number {
  const pair = header.split(/; */).find((cookie) => cookie.startsWith(`${cookieName}=`))
  return pair?.length ?? 0
}

function describe(date: Date | undefined): Html {
  if (date === undefined) return html`not yet`
  return html`${moment(date)}
    <p>${fromNow(date.getTime() - Date.now())}</p>`
}
