// Fills in what is not decided yet, all at once or one by one:
// `npm run release:identity -- --repository https://github.com/owner/name --jsr-scope @scope --security-contact address`.
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'

import { readJson, writeJson, type JsrJson, type PackageJson } from './manifests.ts'
import { CONTACT_PLACEHOLDER, missingIdentity } from './missing-identity.ts'

const folder = process.cwd()

const OPTIONS = {
  repository: {
    pattern: /^https:\/\/github\.com\/[\w.-]+\/[\w.-]+(?<!\.git)$/,
    expected: 'the address of a GitHub repository, without `.git`: https://github.com/owner/name',
    fill: fillRepository,
  },
  'jsr-scope': {
    pattern: /^@[a-z][a-z0-9-]{1,18}[a-z0-9]$/,
    expected: 'a scope of JSR: @ and 3 to 20 lower-case letters, digits and hyphens',
    fill: fillScope,
  },
  'security-contact': {
    pattern: /^(?:[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+|https:\/\/[^\s<>]+)$/,
    expected: 'an email address, or the https address of a form',
    fill: fillContact,
  },
}

async function fillRepository(url: string): Promise<void> {
  const manifest = readJson<PackageJson>(folder, 'package.json')
  const { name, version, description, keywords, license } = manifest
  const homepage = `${url}#readme`
  const bugs = { url: `${url}/issues` }
  const repository = { type: 'git', url: `git+${url}.git` }
  // The first mention of a field gives its place, the last one its value.
  const head = { name, version, description, keywords, homepage, bugs, license, repository }
  await writeJson(folder, 'package.json', { ...head, ...manifest, homepage, bugs, repository })
}

async function fillScope(scope: string): Promise<void> {
  const { name } = readJson<PackageJson>(folder, 'package.json')
  const manifest = readJson<JsrJson>(folder, 'jsr.json')
  await writeJson(folder, 'jsr.json', { ...manifest, name: `${scope}/${name}` })
}

function fillContact(contact: string): void {
  const text = readFileSync('SECURITY.md', 'utf8')
  if (!CONTACT_PLACEHOLDER.test(text)) {
    throw new Error('SECURITY.md has no placeholder for the address. Change the address by hand.')
  }
  const link = contact.startsWith('https:') ? contact : `mailto:${contact}`
  writeFileSync('SECURITY.md', text.replace(CONTACT_PLACEHOLDER, `> [${contact}](${link})`))
}

const { values } = parseArgs({
  options: {
    repository: { type: 'string' },
    'jsr-scope': { type: 'string' },
    'security-contact': { type: 'string' },
  },
})

try {
  const given = Object.entries(OPTIONS).flatMap(([name, option]) => {
    const value = values[name as keyof typeof OPTIONS]
    if (value === undefined) return []
    if (option.pattern.test(value)) return [{ value, fill: option.fill }]
    throw new Error(`--${name} is "${value}". It has to be ${option.expected}.`)
  })
  for (const { value, fill } of given) await fill(value)
  const missing = missingIdentity(folder)
  console.log(
    missing.length === 0 ? 'Everything is decided.' : `Not decided yet: ${missing.join(', ')}.`,
  )
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
