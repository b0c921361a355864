import { html } from 'hono/html'

import type { Html } from './html.ts'

/** The drawing of a product; the stylesheet gives it its colours. */
export function drawing(id: string): Html {
  return html`<svg class="art" data-tone="${id}" viewBox="0 0 120 120" aria-hidden="true">
    <ellipse class="shadow" cx="60" cy="102" rx="38" ry="5" />
    ${shapes[id]}
  </svg>`
}

const shapes: Readonly<Record<string, Html>> = {
  mug: html`<path class="handle" d="M79 54h6a13 13 0 0 1 0 27h-6" />
    <path class="clay" d="M33 40h48v48a13 13 0 0 1-13 13H46a13 13 0 0 1-13-13z" />
    <path class="glaze" d="M33 40h48v27c-5 6-9 0-14 3s-9 9-15 2-8-1-12 2-7-1-7-5z" />
    <ellipse class="rim" cx="57" cy="40" rx="24" ry="5" />`,
  teapot: html`<path class="handle" d="M34 60c-22-4-24 26-2 29" />
    <path class="clay" d="M84 74c13-2 9-19 21-24l6 7c-9 6-5 25-23 32z" />
    <ellipse class="clay" cx="60" cy="77" rx="33" ry="25" />
    <path class="glaze" d="M28 71c5-25 59-25 64 0-6 7-12 1-18 4s-10 9-16 2-14 4-19-1-8 0-11-5z" />
    <path class="rim" d="M42 55c4-9 32-9 36 0z" />
    <circle class="clay" cx="60" cy="44" r="5" />`,
  bowl: html`<path class="clay" d="M21 56h78c0 29-17 45-39 45S21 85 21 56z" />
    <path
      class="glaze"
      d="M21 56h78c0 6-1 11-3 16-8 5-12-2-18 2s-12 7-18 0-14 4-20 0-10 1-16-3c-2-4-3-9-3-15z"
    />
    <ellipse class="rim" cx="60" cy="56" rx="39" ry="8" />`,
  plate: html`<circle class="clay" cx="60" cy="60" r="42" />
    <circle class="glaze" cx="60" cy="60" r="38" />
    <circle class="ring" cx="60" cy="60" r="27" />
    <circle class="rim" cx="60" cy="60" r="23" />`,
  vase: html`<path class="sprig" d="M60 26V8m0 10 9-8m-9 14-9-9" />
    <path
      class="clay"
      d="M49 30h22c-2 10 4 15 11 25 9 13 8 46-9 46H47c-17 0-18-33-9-46 7-10 13-15 11-25z"
    />
    <path
      class="glaze"
      d="M49 30h22c-2 10 4 15 11 25 3 4 4 8 5 13-6 6-11-1-17 4s-10 6-16 0-14 5-21-3c1-5 2-10 5-14 7-10 13-15 11-25z"
    />
    <ellipse class="rim" cx="60" cy="30" rx="11" ry="3" />`,
  jug: html`<path class="handle" d="M80 44c24-5 22 36-1 35" />
    <path
      class="clay"
      d="M35 28h42c-3 12 3 20 6 32 4 18-1 41-13 41H49c-13 0-17-23-14-41 2-12 8-20 0-32z"
    />
    <path
      class="glaze"
      d="M35 28h42c-3 12 3 20 6 32l1 5c-6 6-11-1-17 3s-10 7-16 1-12 2-17-1l1-8c2-12 8-20 0-32z"
    />
    <ellipse class="rim" cx="56" cy="28" rx="21" ry="4" />`,
  jar: html`<rect class="clay" x="31" y="48" width="58" height="53" rx="13" />
    <path
      class="glaze"
      d="M31 61a13 13 0 0 1 13-13h32a13 13 0 0 1 13 13v15c-6 6-11-1-17 3s-11 6-17 0-10 3-15 0-6 0-9-3z"
    />
    <rect class="rim" x="35" y="36" width="50" height="13" rx="6" />
    <circle class="clay" cx="60" cy="30" r="7" />`,
  candle: html`<path class="flame" d="M60 22c9 10 7 18 0 18s-9-8 0-18z" />
    <rect class="wax" x="52" y="42" width="16" height="42" rx="3" />
    <path class="handle" d="M90 84c16-6 18 14 2 13" />
    <path class="clay" d="M26 82h68c0 12-10 19-22 19H48c-12 0-22-7-22-19z" />
    <path
      class="glaze"
      d="M26 82h68c0 4-1 7-3 10-8 3-11-3-18 0s-11 4-17 0-12 3-17 0-6 1-10 0c-2-3-3-6-3-10z"
    />`,
}
