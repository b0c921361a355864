import type { Miniflare } from 'miniflare'
import { createD1Store } from '../../src/storage/d1.ts'
import type { D1DatabaseLike } from '../../src/storage/d1.ts'
import { clientConformance } from '../conformance/client.ts'
import { sqlConformance } from '../conformance/sql.ts'
import { storeConformance } from '../conformance/store.ts'
import { startWorkerd } from '../support/workerd.ts'
import { afterAll, beforeAll } from 'vitest'

let workerd: Miniflare
let database: D1DatabaseLike

beforeAll(async () => {
  workerd = await startWorkerd()
  database = (await workerd.getD1Database('D1')) as unknown as D1DatabaseLike
})
afterAll(() => workerd?.dispose())

let tables = 0
storeConformance(
  'D1',
  async () => {
    const { store, maintenance } = createD1Store({ database, table: `sessions${++tables}` })
    await maintenance.setup()
    return store
  },
  // test/runtimes/bindings/ has the races: inside workerd an operation takes a tenth of the time.
  { indexed: true, races: false },
)
sqlConformance('D1', (table) => createD1Store({ database, table }), {
  sample: 'sqlite',
  run: (statement) => database.prepare(statement).bind().all(),
})

clientConformance(
  'createD1Store',
  'database',
  (d) => createD1Store({ database: d }),
  'd1_databases',
)
