// Durable Objects need a Worker that exports their class; the tests call the binding from outside.
export { SessionObject } from 'fetch-sessions/storage/durable-object'

export default { fetch: () => new Response(null, { status: 404 }) }
