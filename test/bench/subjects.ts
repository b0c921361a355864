import type { Subject } from './subject.ts'

/**
 * The subjects by id, in the order of the tables. Each process loads the one that it measures, so that none runs in the
 * shapes and caches that another has left behind.
 */
export const SUBJECTS = {
  'bare-hono': () => import('./subjects/bare-hono.ts'),
  'bare-fetch-router': () => import('./subjects/bare-fetch-router.ts'),
  'hono-sessions-cookie': () => import('./subjects/hono-sessions-cookie.ts'),
  'hono-sessions-memory': () => import('./subjects/hono-sessions-memory.ts'),
  'hono-session': () => import('./subjects/hono-session.ts'),
  'iron-session': () => import('./subjects/iron-session.ts'),
  'react-router': () => import('./subjects/react-router.ts'),
  'remix-session-middleware': () => import('./subjects/remix-session-middleware.ts'),
  'ours-cookie-hono': () => import('./subjects/ours-cookie-hono.ts'),
  'ours-memory-hono': () => import('./subjects/ours-memory-hono.ts'),
  'ours-cookie-fetch-router': () => import('./subjects/ours-cookie-fetch-router.ts'),
  'json-cookie': () => import('./subjects/json-cookie.ts'),
} satisfies Record<string, () => Promise<{ subject: Subject }>>

export type SubjectId = keyof typeof SUBJECTS

/** Those that protect what they keep, or keep nothing, and so are compared request by request. */
export const IN_PROCESS = (Object.keys(SUBJECTS) as SubjectId[]).filter(
  (id) => id !== 'json-cookie',
)

/** Those on Hono, which @hono/node-server serves. */
export const ON_HONO = [
  'json-cookie',
  'react-router',
  'hono-session',
  'iron-session',
  'hono-sessions-cookie',
  'hono-sessions-memory',
  'ours-cookie-hono',
  'ours-memory-hono',
] as const satisfies SubjectId[]

/** @throws TypeError for an id that is none */
export async function loadSubject(id: string): Promise<Subject> {
  if (!Object.hasOwn(SUBJECTS, id)) {
    throw new TypeError(`${id} is no subject: take one of ${Object.keys(SUBJECTS).join(', ')}.`)
  }
  return (await SUBJECTS[id as SubjectId]()).subject
}
