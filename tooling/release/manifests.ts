// The files that say what the package is.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { format, resolveConfig } from 'prettier'

export interface PackageJson {
  name: string
  version: string
  description: string
  keywords: string[]
  license: string
  homepage?: string
  bugs?: { url: string }
  repository?: { type: 'git'; url: string }
  exports: Record<string, string>
  dependencies: Record<string, string>
  peerDependencies: Record<string, string>
  devDependencies: Record<string, string>
}

export interface JsrJson {
  name?: string
  version: string
  license: string
  exports: Record<string, string>
  imports: Record<string, string>
  publish: { include: string[]; exclude: string[] }
}

export const readJson = <T>(folder: string, name: string): T =>
  JSON.parse(readFileSync(join(folder, name), 'utf8')) as T

/** Writes a file as `npm run format` would leave it. */
export async function writeJson(folder: string, name: string, value: object): Promise<void> {
  const path = join(folder, name)
  const config = await resolveConfig(path)
  writeFileSync(path, await format(JSON.stringify(value, null, 2), { ...config, filepath: path }))
}
