// What is not decided yet, and has to be before anything is published.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { readJson, type JsrJson, type PackageJson } from './manifests.ts'

/** The line of SECURITY.md that stands for the address. */
export const CONTACT_PLACEHOLDER =
  /^> \*\*TODO before the first release: the address for security reports.*$/m

/** What `npm run release:identity` puts there. */
const CONTACT = /^> \[[^\]]+\]\((?:mailto|https):[^)]+\)$/m

/** @returns the options of `npm run release:identity` that nobody has given yet */
export function missingIdentity(folder: string): string[] {
  const { repository } = readJson<PackageJson>(folder, 'package.json')
  const { name } = readJson<JsrJson>(folder, 'jsr.json')
  return [
    ...(repository === undefined ? ['--repository'] : []),
    ...(name === undefined ? ['--jsr-scope'] : []),
    ...(hasContact(folder) ? [] : ['--security-contact']),
  ]
}

function hasContact(folder: string): boolean {
  const path = join(folder, 'SECURITY.md')
  return existsSync(path) && CONTACT.test(readFileSync(path, 'utf8'))
}

/** @throws Error that says what to run, where something is not decided */
export function requireIdentity(folder: string): void {
  const missing = missingIdentity(folder)
  if (missing.length === 0) return
  throw new Error(
    `This cannot be published yet: nobody has decided ${missing.join(', ')}. Run \`npm run release:identity -- ${missing.map((option) => `${option} …`).join(' ')}\` and commit what it changes.`,
  )
}
