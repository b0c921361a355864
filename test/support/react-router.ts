import type * as reactRouter from 'react-router'
import type { LoaderFunctionArgs, MiddlewareFunction, ServerBuild } from 'react-router'

import type { Fetch } from './client.ts'

export type ReactRouter = typeof reactRouter

/** What a route file of framework mode exports. */
export interface RouteModule {
  middleware?: MiddlewareFunction<Response>[]
  loader?: (args: LoaderFunctionArgs) => unknown
  action?: (args: LoaderFunctionArgs) => unknown
  /** A page. Without one the route answers with what its loader returns. */
  default?: () => null
}

/**
 * Serves what a framework-mode build would: the root, and one route for each path under it, `index` for none. A page
 * renders as the JSON of its loaders' data.
 */
export function serveBuild(
  router: ReactRouter,
  modules: { root: RouteModule; [path: string]: RouteModule },
  errors: unknown[] = [],
): Fetch {
  const routes = Object.entries(modules).map(([id, module]) => ({
    id,
    ...(id === 'index' ? { index: true } : { path: id === 'root' ? '' : id }),
    parentId: id === 'root' ? undefined : 'root',
    module: { ...(id === 'root' && { default: () => null }), ...module },
  }))
  const build = {
    entry: {
      module: {
        default(_request, status, headers, context) {
          const { loaderData } = context.staticHandlerContext
          return Response.json(loaderData, { status, headers })
        },
        handleError: (error) => errors.push(error),
      },
    },
    routes: Object.fromEntries(routes.map((route) => [route.id, route])),
    assets: { entry: { imports: [], module: '' }, routes: {}, url: '', version: '1' },
    publicPath: '/',
    assetsBuildDirectory: '',
    // Version 8 has no such flag: it is always on.
    future: { v8_middleware: true } as object,
    ssr: true,
    isSpaMode: false,
    prerender: [],
    routeDiscovery: { mode: 'initial', manifestPath: '/__manifest' },
  } as ServerBuild
  return router.createRequestHandler(build, 'test')
}
