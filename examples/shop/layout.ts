import { html } from 'hono/html'

import { assetPaths } from './assets.ts'
import { countItems } from './cart.ts'
import type { Html } from './html.ts'
import { paths } from './paths.ts'
import { sessionPanel } from './session-panel.ts'
import type { ShopSession } from './shop-session.ts'
import type { Visit } from './visit.ts'

/** A page of the shop: header, what was flashed, the content, and the panel about the session. */
export function layout(title: string, visit: Visit, content: Html): Html {
  return page(
    title,
    html`${header(visit.session)}
      <div class="columns">
        <main id="main" tabindex="-1">${message(visit.session)} ${content}</main>
        ${sessionPanel(visit)}
      </div>`,
  )
}

/** The bare document, for pages that know no session. */
export function page(title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Little Kiln</title>
        <link rel="icon" href="${assetPaths.icon}" type="image/svg+xml" />
        <link rel="stylesheet" href="${assetPaths.style}" />
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        ${body}
        <footer>
          Little Kiln is an example of <code>fetch-sessions</code>. Nothing is for sale.
        </footer>
      </body>
    </html>`
}

function header(session: ShopSession): Html {
  const name = session.get('name')
  const count = countItems(session.get('cart') ?? [])
  return html`<header>
    <a class="brand" href="${paths.home}">Little Kiln</a>
    ${name !== undefined && html`<p class="who">Hello, <bdi>${name}</bdi></p>`}
    <nav aria-label="Shop">
      <a href="${paths.cart}">
        Cart
        <span class="count"
          >${count}<span class="unseen"> ${count === 1 ? 'item' : 'items'}</span></span
        >
      </a>
      ${
        name === undefined
          ? html`<a href="${paths.signIn}">Sign in</a>`
          : html`<form method="post" action="${paths.signOut}">
              <button class="link">Sign out</button>
            </form>`
      }
    </nav>
  </header>`
}

function message(session: ShopSession): Html | false {
  const problem = session.get('problem')
  const notice = session.get('notice')
  const text = problem ?? notice
  if (text === undefined) return false
  return html`<p
    class="message"
    role="status"
    data-kind="${problem === undefined ? 'notice' : 'problem'}"
  >
    ${text}
  </p>`
}
