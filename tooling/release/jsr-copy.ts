// What JSR gets, in a folder of its own.
import { cpSync, symlinkSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

import { readJson, type JsrJson, type PackageJson } from './manifests.ts'

/** Takes the place of the scope until one is chosen. Nothing is published under it. */
const STAND_IN_SCOPE = '@undecided'

/** Copies into an empty folder what `deno publish` reads there, with a scope and without the workspaces. */
export function copyForJsr(target: string): void {
  const manifest = readJson<JsrJson>('.', 'jsr.json')
  const { name, version, license } = readJson<PackageJson>('.', 'package.json')
  for (const path of manifest.publish.include) cpSync(path, join(target, path), { recursive: true })
  const write = (file: string, value: object): void =>
    writeFileSync(join(target, file), JSON.stringify(value))
  write('package.json', { name, version, license, type: 'module' })
  write('jsr.json', { name: `${STAND_IN_SCOPE}/${name}`, ...manifest })
  symlinkSync(resolve('node_modules'), join(target, 'node_modules'), 'junction')
}
