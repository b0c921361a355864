import { toCookie } from '../support/client.ts'
import { createRequestSource, ORIGIN, SCENARIOS, startSession, visit } from './scenarios.ts'
import type { Scenario } from './scenarios.ts'
import { ROUTES } from './subject.ts'
import type { Subject } from './subject.ts'

/**
 * Proves that a subject does what is measured.
 *
 * @throws Error that says what it answered instead
 */
export async function prove(subject: Subject): Promise<void> {
  await proveScenarios(subject)
  await proveFloor(subject)
  if (subject.scenarios !== undefined) return
  await proveCounter(subject)
  await proveLogin(subject)
}

/** @throws Error where a visitor's counter does not count, or counts for another */
export async function proveCounter({ name, create }: Subject): Promise<void> {
  const app = create()
  const [one, two] = [visit(app), visit(app)]
  const answers = [await one(ROUTES.start), await one(ROUTES.read), await one(ROUTES.count)]
  answers.push(await one(ROUTES.count), await one(ROUTES.login), await one(ROUTES.read))
  answers.push(await one(ROUTES.untouched), await one(ROUTES.count), await two(ROUTES.read))
  expectAnswers(`${name}, the counter`, answers, 'ok 0 1 2 ok 2 ok 3 none'.split(' '))
}

const ANSWERS: Record<Scenario, string> = {
  'no cookie': 'ok',
  'cookie, session not touched': 'ok',
  'one read': '0',
  'read + write + commit': '1',
  login: 'ok',
  tampered: 'none',
}

/** With the very requests that are measured. */
async function proveScenarios({ name, scenarios, create }: Subject): Promise<void> {
  for (const scenario of scenarios ?? SCENARIOS) {
    const answer = ANSWERS[scenario]
    const app = create()
    const source = await createRequestSource(app, scenario)
    const response = await app.fetch(source.request(await source.cookie()))
    expectAnswers(`${name}, ${scenario}`, [response.status, await response.text()], [200, answer])
  }
}

async function proveLogin({ name, create }: Subject): Promise<void> {
  const app = create()
  const anonymous = await startSession(app)
  const request = (path: string, cookie: string): Request =>
    new Request(ORIGIN + path, { headers: { cookie } })
  const login = await app.fetch(request(ROUTES.login, anonymous))
  const member = toCookie(login.headers.getSetCookie().at(-1))
  const count = await (await app.fetch(request(ROUTES.count, member))).text()
  expectAnswers(`${name}, the login`, [member !== anonymous, count], [true, '1'])
}

async function proveFloor({ name, createFloor }: Subject): Promise<void> {
  const floor = createFloor()
  for (const path of Object.values(ROUTES)) {
    const response = await floor.fetch(new Request(ORIGIN + path))
    const found = [response.status, response.headers.getSetCookie().length]
    expectAnswers(`${name}, the floor of ${path}`, found, [200, 0])
  }
}

function expectAnswers(what: string, actual: unknown[], expected: unknown[]): void {
  if (actual.join(' ') === expected.join(' ')) return
  throw new Error(`${what}: answered "${actual.join(' ')}" in place of "${expected.join(' ')}".`)
}
