import { html } from 'hono/html'

import { assetPaths } from './assets.ts'
import { countItems } from './cart.ts'
import { endedText, forgetEnded } from './ended-session.ts'
import type { Html } from './html.ts'
import { paths } from './paths.ts'
import { sessionPanel } from './session-panel.ts'
import type { ShopFlash, ShopSession } from './shop-session.ts'
import type { Visit } from './visit.ts'

/** A page of the shop: header, what was flashed, the content, and the panel about the session. */
export function layout(title: string, visit: Visit, content: Html): Html {
  const document = page(
    title,
    html`${header(visit.session)}
      <div class="columns">
        <main id="main" tabindex="-1">${messages(visit.session)} ${content}</main>
        ${sessionPanel(visit)}
      </div>`,
  )
  forgetEnded(visit.session)
  return document
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

export const brand: Html = html`<a class="brand" href="${paths.home}">Little Kiln</a>`

function header(session: ShopSession): Html {
  const { userId } = session
  const count = countItems(session.get('cart') ?? [])
  return html`<header>
    ${brand} ${userId !== undefined && html`<p class="who">Hello, <bdi>${userId}</bdi></p>`}
    <nav aria-label="Shop">
      <a href="${paths.cart}">
        Cart
        <span data-count="${count}" class="count"
          >${count}<span class="unseen"> ${count === 1 ? 'item' : 'items'}</span></span
        >
      </a>
      ${
        userId === undefined
          ? html`<a href="${paths.signIn}">Sign in</a>`
          : html`<a href="${paths.orders}">Orders</a>
              <a href="${paths.devices}">Devices</a>
              <form method="post" action="${paths.signOut}">
                <button class="link">Sign out</button>
              </form>`
      }
    </nav>
  </header>`
}

function messages(session: ShopSession): Html {
  return html`<div class="messages">
    ${message('ended', endedText(session) ?? session.get('ended'))}
    ${message('problem', session.get('problem'))} ${message('notice', session.get('notice'))}
  </div>`
}

function message(kind: keyof ShopFlash, text: string | undefined): Html | false {
  return (
    text !== undefined && html`<p class="message" role="status" data-kind="${kind}">${text}</p>`
  )
}
