import { html } from 'hono/html'

import { drawing } from './art.ts'
import { maxQuantity, priceLines, totalOf } from './cart.ts'
import type { PricedLine } from './cart.ts'
import { formatPrice, products } from './catalogue.ts'
import type { Product } from './catalogue.ts'
import { maxNameLength } from './form.ts'
import type { Html } from './html.ts'
import { brand, layout, page } from './layout.ts'
import { paths } from './paths.ts'
import type { Visit } from './visit.ts'

/** Makes a page of the shop for one request. */
export type Page = (visit: Visit) => Html

export const homePage: Page = (visit) =>
  layout(
    'Stoneware for every day',
    visit,
    html`<h1>Stoneware for every day</h1>
      <p class="lead">Thrown, glazed and fired in small batches.</p>
      <ul class="products">
        ${products.map(productCard)}
      </ul>`,
  )

function productCard({ id, name, note, price }: Product): Html {
  return html`<li class="card" id="${id}">
    ${drawing(id)}
    <h2>${name}</h2>
    <p class="note">${note}</p>
    <p class="price">${formatPrice(price)}</p>
    <form method="post" action="${paths.addToCart}">
      <button name="product" value="${id}" aria-label="Add to cart: ${name}">Add to cart</button>
    </form>
  </li>`
}

export const cartPage: Page = (visit) => {
  const lines = priceLines(visit.session.get('cart') ?? [])
  return layout(
    'Your cart',
    visit,
    lines.length === 0
      ? emptyCart
      : html`<h1>Your cart</h1>
          ${filledCart(lines)}`,
  )
}

const emptyCart = scene('jar', 'Your cart', 'There is nothing in it yet.', 'Look at the pots')

function filledCart(lines: readonly PricedLine[]): Html {
  return html`<ul class="lines">
      ${lines.map(cartLine)}
    </ul>
    <p class="total"><span>Total</span> <strong>${formatPrice(totalOf(lines))}</strong></p>
    <form class="actions" method="post" action="${paths.checkOut}">
      <button>Place order</button>
      <a href="${paths.home}">Keep looking</a>
    </form>`
}

function cartLine({ product: { id, name, price }, quantity, total }: PricedLine): Html {
  return html`<li>
    ${drawing(id)}
    <div>
      <h2>${name}</h2>
      <p class="note">${formatPrice(price)} each</p>
    </div>
    <form method="post" action="${paths.changeQuantity}">
      <input type="hidden" name="product" value="${id}" />
      <label for="quantity-${id}">Quantity<span class="unseen"> of ${name}</span></label>
      <input
        id="quantity-${id}"
        name="quantity"
        type="number"
        inputmode="numeric"
        min="0"
        max="${maxQuantity}"
        value="${quantity}"
        required
      />
      <button class="quiet" aria-label="Update quantity of ${name}">Update</button>
      <button
        class="link"
        formaction="${paths.removeFromCart}"
        formnovalidate
        aria-label="Remove ${name}"
      >
        Remove
      </button>
    </form>
    <p class="price">${formatPrice(total)}</p>
  </li>`
}

export const signInPage: Page = (visit) =>
  layout(
    'Sign in',
    visit,
    html`<h1>Sign in</h1>
      <p class="lead">Any name will do: there are no passwords here. Your cart comes with you.</p>
      <form class="stack" method="post" action="${paths.signIn}">
        <label for="name">Your name</label>
        <input
          id="name"
          name="name"
          autocomplete="nickname"
          maxlength="${maxNameLength}"
          aria-describedby="name-hint"
          required
        />
        <p class="note" id="name-hint">Up to ${maxNameLength} characters.</p>
        <button>Sign in</button>
      </form>`,
  )

export const notFoundPage: Page = (visit) =>
  layout(
    'Not found',
    visit,
    scene('vase', 'Nothing on this shelf', 'There is no page at this address.'),
  )

/** For requests that another site may have sent in the visitor's name. */
export const forbiddenPage: Html = plainPage(
  'jug',
  'That did not come from here',
  'For your safety the shop takes orders from its own pages only.',
)

/** Says nothing about the cause: that is for the log. */
export const errorPage: Html = plainPage(
  'teapot',
  'Something broke on our side',
  'It has been noted. Please try again in a moment.',
)

function plainPage(art: string, title: string, text: string): Html {
  return page(
    title,
    html`<header>${brand}</header>
      <main id="main" class="alone" tabindex="-1">${scene(art, title, text)}</main>`,
  )
}

/** A page with little to say, and the way back to the pots. */
export function scene(art: string, title: string, text: string, link = 'Back to the shop'): Html {
  return html`<div class="scene">${drawing(art)}</div>
    <h1>${title}</h1>
    <p class="lead">${text}</p>
    <p><a class="button" href="${paths.home}">${link}</a></p>`
}
