import { html } from 'hono/html'

import type { Html } from './html.ts'

const timestamp = new Intl.DateTimeFormat('en-GB', {
  dateStyle: 'medium',
  timeStyle: 'short',
  timeZone: 'UTC',
})
const distance = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

export function moment(date: Date): Html {
  return html`<time datetime="${date.toISOString()}">${timestamp.format(date)} UTC</time>`
}

/** A duration in the largest unit that fits: `in 14 days`, `5 minutes ago`. */
export function fromNow(milliseconds: number): string {
  const minutes = Math.round(milliseconds / 60_000)
  if (minutes === 0) return 'just now'
  if (Math.abs(minutes) < 60) return distance.format(minutes, 'minute')
  const hours = Math.round(minutes / 60)
  return Math.abs(hours) < 48
    ? distance.format(hours, 'hour')
    : distance.format(Math.round(hours / 24), 'day')
}
