import { pathToFileURL } from 'node:url'

import { purgeAll } from '../storage/purge.ts'
import type { PurgeableStorage } from '../storage/purge.ts'

/** A module that this command cannot use. */
export class ModuleError extends Error {}

/**
 * Imports a module of the application, which opens its own database with its own driver, and purges the storage that it
 * exports.
 *
 * @param path as a shell writes it
 * @returns how many sessions were deleted
 * @throws ModuleError if the module cannot be imported, or exports no storage that purges
 */
export async function purge(path: string): Promise<number> {
  return purgeAll(storageOf(await load(path), path))
}

async function load(path: string): Promise<Readonly<Record<string, unknown>>> {
  const { href } = pathToFileURL(path)
  try {
    return (await import(href)) as Record<string, unknown>
  } catch (cause) {
    throw new ModuleError(reason(cause, path, href), { cause })
  }
}

/** What Node says, or what to do about it. */
function reason(cause: unknown, path: string, href: string): string {
  const { code, message, url } = Object(cause) as {
    code?: unknown
    message?: unknown
    url?: unknown
  }
  if (code === 'ERR_MODULE_NOT_FOUND' && url === href) return `there is no file ${path}`
  if (code === 'ERR_UNKNOWN_FILE_EXTENSION') {
    return `this Node imports no TypeScript: use Node 22.18 or newer, or give the JavaScript that ${path} compiles to`
  }
  return `${path} cannot be imported: ${String(message ?? cause)}`
}

function storageOf(exported: Readonly<Record<string, unknown>>, path: string): PurgeableStorage {
  const found = [exported['storage'], exported['default']].find(canPurge)
  if (found !== undefined) return found
  throw new ModuleError(
    `${path} exports no storage to purge: export one over SQLite, PostgreSQL or MySQL, by default or as \`storage\``,
  )
}

function canPurge(value: unknown): value is PurgeableStorage {
  return typeof Object(value).purgeExpired === 'function'
}
