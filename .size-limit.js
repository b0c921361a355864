import { readFileSync } from 'node:fs'

const packageJson = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'))
const routers = Object.keys(packageJson.peerDependencies)

const check = (name, path, imported, limit) => ({
  name,
  path,
  import: imported,
  ignore: [...routers, 'node:assert/strict'],
  gzip: true,
  limit,
})

const limitOf = (name) => {
  if (name === './testing') return '43.9 kB'
  if (name === '.') return '34.5 kB'
  return name.startsWith('./storage/') ? '30 kB' : '26.5 kB'
}

// With all dependencies, without the router.
export default [
  check('{ session } of fetch-sessions/hono', 'dist/adapters/hono.js', '{ session }', '26.2 kB'),
  ...Object.entries(packageJson.exports)
    .filter(([, path]) => path.endsWith('.js'))
    .map(([name, path]) =>
      check(`all of ${name.replace('.', 'fetch-sessions')}`, path.slice(2), '*', limitOf(name)),
    ),
]
