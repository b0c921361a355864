import { SessionObject } from 'fetch-sessions/storage/durable-object'

// Durable Objects need a Worker that exports their class; the tests call the binding from outside.
export { SessionObject }

type State = ConstructorParameters<typeof SessionObject>[0]

/** One whose storage a test can look into, and fill with what another version has stored. */
export class OpenSessionObject extends SessionObject {
  readonly #storage: State['storage']

  constructor(state: State) {
    super(state)
    this.#storage = state.storage
  }

  override async fetch(request: Request): Promise<Response> {
    switch (new URL(request.url).pathname) {
      case '/fill':
        await this.#storage.put('record', await request.json())
        return Response.json(null)
      case '/look': {
        const values = Object.fromEntries(await this.#storage.list({ prefix: '', limit: 1000 }))
        return Response.json({ values, alarm: await this.#storage.getAlarm() })
      }
      default:
        return super.fetch(request)
    }
  }
}

export default { fetch: () => new Response(null, { status: 404 }) }
