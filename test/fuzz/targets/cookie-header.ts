import assert from 'node:assert/strict'

import { withSession } from '../../../adapters/fetch.ts'
import { readCookieValues } from '../../../src/cookie/cookie-header.ts'
import { createCookieSessionStorage } from '../../../src/index.ts'
import type { Session } from '../../../src/index.ts'
import { OLD_SECRET, SECRET } from '../../support/secrets.ts'
import { assertSetCookie } from '../set-cookie-syntax.ts'
import type { FuzzTarget } from '../target.ts'
import { fillIn, fromHeader, toHeader } from '../text.ts'

const NAME = '__session'
const secrets = [SECRET, OLD_SECRET]
const storage = createCookieSessionStorage({ cookie: { name: NAME, secrets } })
const USERS = ['ada', 'bea', 'cyd']

/** Who each valid cookie is for. An input names them U+0001 and up. The last is a cookie of another name. */
const owners = new Map<string, string>()
for (const user of USERS) owners.set(await tokenOf(user, NAME), user)
const tokens = [...owners.keys(), await tokenOf('eve', 'other')]

async function tokenOf(user: string, name: string): Promise<string> {
  const own = createCookieSessionStorage({
    cookie: { name, secrets: user === 'ada' ? [OLD_SECRET] : secrets },
  })
  const session = await own.getSession()
  session.signIn(user)
  session.set('name', user)
  return (await own.commitSession(session)).slice(name.length + 1).split(';', 1)[0] ?? ''
}

const ACTS: readonly ((session: Session) => void)[] = [
  () => {},
  (session) => session.set('n', 1),
  (session) => session.signIn('dan'),
  (session) => session.signOut(),
  (session) => session.destroy(),
]

interface Seen {
  readonly user: string | undefined
  readonly origin: string
  readonly data: object
}

let seen: Seen | undefined
const handlers = ACTS.map((act) =>
  withSession(
    (_request, session) => {
      seen = { user: session.userId, origin: session.origin, data: { ...session.data } }
      act(session)
      return new Response('page', { headers: { 'Set-Cookie': 'theme=dark; Path=/' } })
    },
    { storage },
  ),
)

/** The first byte chooses what the handler does; the others are the Cookie header. Nobody becomes someone else. */
export const target: FuzzTarget = {
  async fuzz(data) {
    const header = fillIn(toHeader(data.subarray(1)), tokens)
    const values = valuesIn(header, NAME)
    assert.deepEqual(readCookieValues(header, NAME), values.slice(0, 8))
    const request = requestWith(header)
    if (request === undefined) return
    const sent = valuesIn(request.headers.get('Cookie') ?? '', NAME).slice(0, 8)
    const users = sent.map((value) => owners.get(value)).filter((user) => user !== undefined)
    const handler = handlers[(data[0] ?? 0) % handlers.length] as (typeof handlers)[number]
    const response = await handler(request)
    assert.equal(response.status, 200)
    assertSeen(users)
    assertHeaders(response.headers)
  },
  async seeds() {
    const headers = [
      `${NAME}=\u0001`,
      `a=b; ${NAME}=\u0002; c=d`,
      `${NAME}=\u0001; ${NAME}=\u0003;${NAME}=junk`,
      `${NAME}=\u0004; other=\u0004`,
      `${NAME}=1;${NAME}=2;${NAME}=3;${NAME}=4;${NAME}=5;${NAME}=6;${NAME}=7;${NAME}=8;${NAME}=\u0001`,
      `x${NAME}=\u0001;\t${NAME} =\u0001; ${NAME}="\u0001"; ${NAME}=`,
    ]
    return headers.flatMap((header) =>
      ACTS.map((_, act) => fromHeader(String.fromCharCode(act) + header)),
    )
  },
}

/** The values of a Cookie header, read as plainly as possible, each once. */
function valuesIn(header: string, name: string): string[] {
  const pairs = header.split(';').map((pair) => pair.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
  const values = pairs
    .filter((pair) => pair.startsWith(`${name}=`))
    .map((pair) => pair.slice(name.length + 1))
  return [...new Set(values)].filter((value) => value !== '')
}

/** Undefined for what no server receives as a header. */
function requestWith(cookie: string): Request | undefined {
  try {
    return new Request('https://app.example/', { headers: { Cookie: cookie } })
  } catch {
    return undefined
  }
}

function assertSeen(users: readonly string[]): void {
  const { user, origin, data } = seen as Seen
  // The one that was issued last counts. Their times may be equal, so any of them may be it.
  if (users.length > 0) {
    assert.equal(origin, 'resumed')
    assert.ok(users.includes(user ?? ''), `${user} is none of ${users.join(', ')}`)
    assert.deepEqual(data, { name: user })
  } else {
    assert.ok(['new', 'tampered'].includes(origin), origin)
    assert.equal(user, undefined)
    assert.deepEqual(data, {})
  }
}

function assertHeaders(headers: Headers): void {
  const [theme, ...ours] = headers.getSetCookie()
  assert.equal(theme, 'theme=dark; Path=/')
  for (const text of ours) assertSetCookie(text, NAME)
  assert.match(headers.get('Vary') ?? '', /\bCookie\b/)
  // A page that is the same for every newcomer may be cached.
  if (seen?.origin === 'resumed' || ours.length > 0) {
    assert.match(headers.get('Cache-Control') ?? '', /^private\b/)
  }
}
