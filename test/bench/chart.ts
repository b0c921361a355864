import { html } from 'hono/html'

import { times } from './requests-table.ts'
import type { RequestsResults, RequestsRow } from './requests-results.ts'
import { SCENARIOS } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'

/** GitHub picks one of two images by its own theme, which may not be the system's. */
export const THEMES = {
  light: { text: '#1f2328', faint: '#59636e', rule: '#d1d9e0', ours: '#0969da', peer: '#afb8c1' },
  dark: { text: '#f0f6fc', faint: '#9198a1', rule: '#3d444d', ours: '#4493f8', peer: '#656c76' },
} as const

export type Theme = keyof typeof THEMES

const LABELS = 385
const COLUMN = 108
const BAR = 60
const ROW = 34
const HEAD = 84
const FOOT = 40
const WIDTH = LABELS + SCENARIOS.length * COLUMN

/**
 * Bars of all scenarios and of all subjects with sessions on one linear scale from zero, so that they compare in every
 * direction.
 */
export async function requestsChart(results: RequestsResults, theme: Theme): Promise<string> {
  const { conditions } = results
  const rows = results.rows.filter(({ cells }) => SCENARIOS.every((name) => cells[name]))
  const colours = THEMES[theme]
  const longest = Math.max(...rows.flatMap((row) => SCENARIOS.map((name) => medianOf(row, name))))
  const height = HEAD + rows.length * ROW + FOOT
  const font = `-apple-system, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif`
  const { date, node, machine } = conditions
  const svg = await html`<svg
    xmlns="http://www.w3.org/2000/svg"
    width="${WIDTH}"
    height="${height}"
    viewBox="0 0 ${WIDTH} ${height}"
    role="img"
    aria-labelledby="title"
    font-family="${font}"
    font-size="13"
    fill="${colours.text}"
  >
    <title id="title">What a request costs, in times of the same request without sessions</title>
    <text y="20" font-size="16" font-weight="600">
      What a request costs, in times of the same request without sessions
    </text>
    ${SCENARIOS.map((name, column) => heading(name, column, colours.faint))}
    <path d="M0 ${HEAD - 8}H${WIDTH}" stroke="${colours.rule}" />
    ${rows.map((row, index) => chartRow(row, HEAD + index * ROW, longest, colours))}
    <text y="${height - 12}" font-size="12" fill="${colours.faint}">
      Shorter is better. One linear scale from zero for all bars. Medians, one request after the
      other. ${date}, Node ${node}, ${machine}.
    </text>
  </svg> `
  return svg.toString()
}

type Markup = ReturnType<typeof html>
type Colours = (typeof THEMES)[Theme]

/** The name of a scenario, in two lines where it is long. */
function heading(name: Scenario, column: number, colour: string): Markup {
  const words = name.split(' ')
  const half = name.length > 14 ? Math.ceil(words.length / 2) : words.length
  const lines = [words.slice(0, half).join(' '), words.slice(half).join(' ')]
  const x = LABELS + column * COLUMN
  return html`<text font-size="12" fill="${colour}"
    ><tspan x="${x}" y="50">${lines[0]}</tspan><tspan x="${x}" y="65">${lines[1]}</tspan></text
  > `
}

function chartRow(row: RequestsRow, y: number, longest: number, colours: Colours): Markup {
  const [name = '', ...details] = splitName(row.name)
  const isOurs = row.id.startsWith('ours')
  const bars = SCENARIOS.map((scenario, column) => {
    const median = medianOf(row, scenario)
    const length = Math.max(1, (median / longest) * BAR)
    const x = LABELS + column * COLUMN
    return html`<rect
        x="${x}"
        y="${y + 7}"
        width="${length.toFixed(1)}"
        height="14"
        rx="2"
        fill="${isOurs ? colours.ours : colours.peer}"
      /><text x="${(x + length + 5).toFixed(1)}" y="${y + 19}">${times(median)}</text>`
  })
  return html`<text y="${y + 19}" font-weight="${isOurs ? 600 : 400}"
      >${name}
      <tspan fill="${colours.faint}" font-weight="400" font-size="12"
        >${details.join('')}</tspan
      ></text
    >${bars} `
}

/** The library, and what it does. */
function splitName(name: string): string[] {
  const at = name.search(/:? (?=memory|encrypted|cookie|on demand)/)
  return at === -1 ? [name] : [name.slice(0, at), name.slice(at).replace(/^:? /, '')]
}

function medianOf(row: RequestsRow, scenario: Scenario): number {
  return row.cells[scenario]?.sequential.ratio.median ?? 0
}
