import type { html } from 'hono/html'

/** A piece of a page. `html` escapes every string that is put into it. */
export type Html = ReturnType<typeof html>
