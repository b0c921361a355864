import { html } from 'hono/html'

import { formatPrice } from './catalogue.ts'
import { maxNameLength } from './form.ts'
import type { Html } from './html.ts'
import { layout } from './layout.ts'
import { moment } from './moments.ts'
import { scene } from './pages.ts'
import type { Page } from './pages.ts'
import { paths } from './paths.ts'
import type { Order } from './shop-session.ts'

export const ordersPage: Page = (visit) => {
  const orders = visit.session.get('orders') ?? []
  return layout('Your orders', visit, orders.length === 0 ? noOrders : orderList(orders))
}

const noOrders = scene('plate', 'Your orders', 'There are none yet.', 'Look at the pots')

function orderList(orders: readonly Order[]): Html {
  return html`<h1>Your orders</h1>
    <p class="lead">Your session keeps them, until you sign out.</p>
    <ul class="orders">
      ${orders.map(orderLine)}
    </ul>`
}

function orderLine({ placedAt, items, total }: Order): Html {
  return html`<li>
    <div>
      <h2>${items} ${items === 1 ? 'item' : 'items'}</h2>
      <p class="note">${moment(new Date(placedAt))}</p>
    </div>
    <p class="price">${formatPrice(total)}</p>
  </li>`
}

/** Asks again for what was asked at the sign-in. */
export const confirmPage: Page = (visit) =>
  layout(
    'Is it still you?',
    visit,
    html`<h1>Is it still you?</h1>
      <p class="lead">
        Your orders are for you alone. There are no passwords here: your name will do again.
      </p>
      <form class="stack" method="post" action="${paths.confirm}">
        <label for="name">Your name</label>
        <input id="name" name="name" autocomplete="off" maxlength="${maxNameLength}" required />
        <button>Show my orders</button>
      </form>`,
  )
