// The soak test: `npm run soak -- --seconds 120 --seed 1`. docs/soak.md says what it does.
import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { BACK_ENDS } from './backends.ts'
import { createClocks } from './clocks.ts'
import { restartAgainAndAgain, startEngines } from './engines.ts'
import { Model } from './model.ts'
import { startProcess } from './processes.ts'
import type { ApplicationProcess } from './processes.ts'
import { createRandom } from './random.ts'
import { failures, reportTable } from './report.ts'
import { inspectAll, runTraffic } from './traffic.ts'
import type { Traffic } from './traffic.ts'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '3600' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 32)) },
  },
})
const [seconds, seed] = [Number(values.seconds), Number(values.seed)]
if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
  throw new Error('write --seconds and --seed as numbers, such as --seconds 120 --seed 1')
}
console.log(`soak: ${seconds} seconds, --seed ${seed}`)
const random = createRandom(seed)

const folder = await mkdtemp(join(tmpdir(), 'fetch-sessions-soak-'))
const engines = await startEngines()
const deaths: string[] = []
const processes: ApplicationProcess[] = []
for (const own of [true, false, false]) {
  const places = {
    own,
    sqlite: join(folder, 'sessions.db'),
    postgres: engines.urlOf('PostgreSQL'),
    mysql: engines.urlOf('MariaDB'),
    redis: engines.urlOf('Redis'),
    redisCluster: engines.cluster?.ports,
  }
  processes.push(await startProcess(places, (why) => deaths.push(why)))
}

const clocks = createClocks(processes, random.fork())
const end = performance.now() + seconds * 1000
let models: Model[] = []
let isInterrupted = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => (isInterrupted = true))
}
const isOver = (): boolean =>
  isInterrupted ||
  performance.now() > end ||
  deaths.length > 0 ||
  models.some(({ violations }) => violations.length > 0)
/** Ends early if it is over. */
async function pause(milliseconds: number): Promise<void> {
  const until = performance.now() + milliseconds
  while (performance.now() < until && !isOver()) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

const traffics = BACK_ENDS.flatMap((traits): Traffic[] => {
  const applications = processes.filter(({ backEnds }) => backEnds.includes(traits.name))
  if (applications.length === 0) return []
  const engine = engines.mortal.find(({ backEnd }) => backEnd === traits.name)
  const model = new Model(
    traits,
    (startedAt) => engine?.isOutage(startedAt) ?? false,
    clocks.period,
  )
  const shared = { model, applications, random: random.fork(), isOver, pause: 150 }
  return [{ ...shared, clockPeriod: clocks.period }]
})
models = traffics.map(({ model }) => model)

try {
  await Promise.all([
    ...traffics.map(runTraffic),
    clocks.run(isOver, pause),
    restartAgainAndAgain(engines.mortal, random.fork(), isOver, pause),
  ])
  if (deaths.length === 0) await Promise.all(traffics.map(inspectAll))
} catch (error) {
  // Such as an engine that does not start again. The others must not run on.
  deaths.push(String(error))
}

const restartsOf = (name: string): number =>
  engines.mortal.find(({ backEnd }) => backEnd === name)?.restarts ?? 0
console.log(reportTable(models, restartsOf))
const problems = [...deaths, ...failures(models)]
console.log(`${clocks.steps()} steps of the clocks, ${problems.length} violations`)
for (const problem of problems.slice(0, 5)) console.error(`\n${problem}`)
if (problems.length > 0) console.error(`\nTo choose the same again: --seed ${seed}`)

await Promise.all(processes.map((each) => each.stop()))
await engines.stop()
await rm(folder, { recursive: true, force: true })
process.exit(problems.length > 0 ? 1 : 0)
