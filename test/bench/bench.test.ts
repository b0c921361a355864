import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { promisify } from 'node:util'

import packageJson from '../../package.json' with { type: 'json' }
import { requestsChart, THEMES } from './chart.ts'
import type { Theme } from './chart.ts'
import { prove } from './proofs.ts'
import { readPart, requestsPart, scalePart, serverPart, workersPart } from './page.ts'
import type { RequestsResults } from './requests-results.ts'
import { PUBLISHED, readPublished } from './results.ts'
import { SCENARIOS, tamper } from './scenarios.ts'
import type { ServerResults } from './server-results.ts'
import type { ScaleResults } from './scale-results.ts'
import { spreadOf } from './statistics.ts'
import { ANONYMOUS } from './subject.ts'
import { IN_PROCESS, loadSubject } from './subjects.ts'
import type { WorkersResults } from './workers-results.ts'
import { describe, expect, it, vi } from 'vitest'

describe('the subjects of the benchmark', () => {
  it.each(IN_PROCESS)('do what is measured: %s', async (id) => {
    vi.spyOn(console, 'error').mockImplementation(() => {}) // @hono/session reports changed cookies there
    await expect(prove(await loadSubject(id))).resolves.toBeUndefined()
  })

  it('are refused where they do not', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const subject = await loadSubject('json-cookie') // which trusts whatever the cookie says
    await expect(prove(subject)).rejects.toThrow('tampered')
  })

  it('keep about 200 bytes', () => {
    const bytes = JSON.stringify(ANONYMOUS).length
    expect(bytes).toBeGreaterThan(190)
    expect(bytes).toBeLessThan(220)
  })

  it('get a cookie of which one character was changed', () => {
    const cookie = 'session=abc.def%3D'
    const changed = [...tamper(cookie)].filter((character, at) => character !== cookie[at])
    expect([changed.length, tamper(cookie).slice(0, 8)]).toEqual([1, 'session='])
  })
})

describe('the statistics of the benchmark', () => {
  it('are a median and quartiles', () => {
    expect(spreadOf([5, 1, 2, 4, 3])).toEqual({ median: 3, lower: 2, upper: 4 })
    expect(spreadOf([1, 2])).toEqual({ median: 1.5, lower: 1.25, upper: 1.75 })
  })
})

// Smoke runs of the commands, by the built package: they end with 0 only where everything was proved and measured.
describe('the commands of the benchmark', () => {
  const OURS = 'ours-cookie-hono'
  it.each([
    ['bench', ['--quick']],
    ['bench:server', ['--quick', '--only', OURS]],
    ['bench:workers', ['--quick', '--only', OURS]],
    ['bench:scale', ['--quick']],
  ] as const)(
    'run: npm run %s',
    async (name, args) => {
      // Without the build that the script begins with: other tests read dist/ meanwhile.
      const [command = '', ...own] =
        packageJson.scripts[name].split(' && ').at(-1)?.split(' ') ?? []
      const { stdout } = await promisify(execFile)(command, [...own, ...args])
      const path = stdout.match(/^\.bench\/results\/\S+\.json$/m)?.[0] ?? ''
      const results = JSON.parse(readFileSync(path, 'utf8')) as { conditions: { date: string } }
      expect(results.conditions.date).toMatch(/^\d{4}-\d\d-\d\d$/)
    },
    600_000,
  )
})

describe('the committed results', () => {
  const requests = (): RequestsResults => readPublished('requests.json')

  it('have every subject and every scenario', async () => {
    const { rows } = requests()
    expect(rows.map(({ id }) => id)).toEqual(IN_PROCESS)
    for (const { id, cells } of rows) {
      const { scenarios = SCENARIOS } = await loadSubject(id)
      expect(Object.keys(cells)).toEqual(scenarios)
    }
  })

  it('are what the tables of docs/benchmarks.md say', async () => {
    expect(readPart('npm run bench')).toBe(await requestsPart(requests()))
    const server = readPublished<ServerResults>('server.json')
    expect(readPart('npm run bench:server')).toBe(await serverPart(server))
    const workers = readPublished<WorkersResults>('workers.json')
    expect(readPart('npm run bench:workers')).toBe(await workersPart(workers))
    const scale = readPublished<ScaleResults>('scale.json')
    expect(readPart('npm run bench:scale')).toBe(await scalePart(scale))
  })

  it.each(Object.keys(THEMES) as Theme[])('are what the chart shows: %s', async (theme) => {
    const chart = readFileSync(`${PUBLISHED}/requests-${theme}.svg`, 'utf8')
    expect(chart).toBe(await requestsChart(requests(), theme))
  })
})
