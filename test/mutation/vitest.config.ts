import base from '../../vitest.config.ts'

/** The tests of what is mutated. MUTATION_TESTS=token,cookie takes some of them, for a shorter run. */
const folders = (process.env['MUTATION_TESTS'] ?? 'token,engine,request,cookie,session').split(',')

const include = folders.map((folder) => `test/${folder}/**/*.test.ts`)
// The store under most tests of the engine.
if (folders.includes('engine')) include.push('test/storage/memory.test.ts')

export default { ...base, test: { ...base.test, include, reporters: ['default'] } }
