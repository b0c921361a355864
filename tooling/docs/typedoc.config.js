import { fileURLToPath } from 'node:url'

import packageJson from '../../package.json' with { type: 'json' }
import { Converter, ReflectionKind } from 'typedoc'

const root = fileURLToPath(new URL('../..', import.meta.url)).replaceAll('\\', '/')

/** What one imports, by the source that it stands for. */
const publishedNames = new Map(
  Object.entries(packageJson.exports)
    .filter(([, target]) => target.endsWith('.js'))
    .map(([subpath, target]) => [
      target.replace('./dist/', root).replace(/\.js$/, '.ts'),
      subpath.replace('.', packageJson.name),
    ]),
)

/** @param {import('typedoc').Application} app */
function namePagesAsPublished(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const source = project.getSymbolIdFromReflection(module)?.fileName ?? ''
      module.name = publishedNames.get(source) ?? module.name
    }
  })
}

/** @type {import('typedoc').TypeDocOptions & import('typedoc-plugin-markdown').PluginOptions} */
export default {
  entryPoints: [...publishedNames.keys()],
  tsconfig: `${root}tooling/docs/tsconfig.json`,
  skipErrorChecking: true, // `npm run types` has done so
  plugin: ['typedoc-plugin-markdown', namePagesAsPublished],
  out: `${root}docs/reference`,
  entryFileName: 'index', // the name that the site serves for the folder
  router: 'module',
  name: packageJson.name,
  pageTitleTemplates: { index: 'All imports' },
  readme: 'none',
  disableSources: true,
  excludeExternals: true,
  excludePrivate: true,
  intentionallyNotExported: [
    // What `get` gives and `set` takes; the docstrings say it.
    'src/session/session.ts:Settable',
    'src/session/session.ts:Value',
    // The shapes of clients: whoever hands one over has a name for it already.
    'src/cookie/foreign-cookie.ts:CookieLike',
    'src/storage/mysql.ts:MySQLClientLike',
    'src/storage/postgres.ts:PostgresClientLike',
    'src/storage/postgres.ts:PostgresJSLike',
    'src/storage/redis-client.ts:BunRedisLike',
    'src/storage/redis-client.ts:GlideLike',
    'src/storage/redis-client.ts:IORedisLike',
    'src/storage/redis-client.ts:NodeRedisClusterLike',
    'src/storage/redis-client.ts:NodeRedisLike',
    'src/storage/redis-client.ts:NodeRedisSentinelLike',
    'src/storage/redis-client.ts:UpstashLike',
    'src/storage/session-object.ts:DurableObjectStateLike',
    'src/storage/sqlite.ts:BunSQLLike',
    'src/storage/sqlite.ts:LibSQLClientLike',
    'src/storage/sqlite.ts:SQLiteDatabaseLike',
    'src/storage/unstorage.ts:UnstorageLike',
    'src/testing/store-suite.ts:StoreConformanceOptions',
    'adapters/elysia.ts:SessionPlugin',
  ],
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,

  hidePageHeader: true,
  hideBreadcrumbs: true, // the site has a sidebar
  useHTMLAnchors: true, // the links name these, and not the ones that GitHub makes of headings
  indexFormat: 'table',
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  classPropertiesFormat: 'table',
  propertyMembersFormat: 'table',
  typeAliasPropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  tableColumnSettings: { hideInherited: true, hideModifiers: true, hideOverrides: true },
}
