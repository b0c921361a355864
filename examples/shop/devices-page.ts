import type { UserSession } from 'fetch-sessions'
import { html } from 'hono/html'

import type { Html } from './html.ts'
import { layout } from './layout.ts'
import { fromNow, moment } from './moments.ts'
import type { Page } from './pages.ts'
import { paths } from './paths.ts'
import { canListSessions } from './shop-session.ts'
import { listingStores, stores } from './stores.ts'
import type { StoreName } from './stores.ts'

const hour = 60 * 60_000

/** Where the visitor is signed in, for {@link signedIn} visitors. */
export const devicesPage: Page = async (visit) => {
  const { session, store, storage } = visit
  const content = canListSessions(storage)
    ? deviceList(await storage.sessionsOf(session.userId ?? ''), session.handle)
    : noList(store)
  return layout(
    'Your devices',
    visit,
    html`<h1>Your devices</h1>
      ${content}`,
  )
}

function deviceList(devices: readonly UserSession[], own: string): Html {
  const isOwn = ({ handle }: UserSession): boolean => handle === own
  const others = devices.filter((device) => !isOwn(device))
  return html`<p class="lead">You are signed in on these. Sign out any that you do not know.</p>
    <ul class="devices">
      ${devices.filter(isOwn).map(ownDevice)} ${others.map(otherDevice)}
    </ul>
    ${
      others.length > 0 &&
      html`<form method="post" action="${paths.endOtherDevices}">
        <button>Sign out all other devices</button>
      </form>`
    }`
}

function ownDevice({ device, createdAt }: UserSession): Html {
  return html`<li>
    <div>
      <h2>${device} <span class="badge" data-kind="own">This device</span></h2>
      <p class="note">Signed in ${moment(createdAt)}, in use now</p>
    </div>
  </li>`
}

function otherDevice({ handle, device, createdAt, seenAt }: UserSession): Html {
  return html`<li>
    <div>
      <h2>${device}</h2>
      <p class="note" id="about-${handle}">
        Signed in ${moment(createdAt)}, last seen ${describeSeen(seenAt)}
      </p>
    </div>
    <form method="post" action="${paths.endDevice}">
      <button
        class="quiet"
        name="handle"
        value="${handle}"
        aria-label="Sign out: ${device}"
        aria-describedby="about-${handle}"
      >
        Sign out
      </button>
    </form>
  </li>`
}

/** Storages note once an hour that a session is in use. */
function describeSeen(seenAt: Date): string {
  const age = Date.now() - seenAt.getTime()
  return age < hour ? 'within the last hour' : fromNow(-age)
}

function noList(store: StoreName): Html {
  const others = new Intl.ListFormat('en').format(listingStores.map((name) => stores[name]))
  return html`<p class="lead">There is no list of them here.</p>
    <dl class="facts">
      <dt>Where this shop keeps its sessions</dt>
      <dd>${stores[store]}. It cannot look them up by user.</dd>
      <dt>What can</dt>
      <dd>${others}.</dd>
    </dl>`
}
