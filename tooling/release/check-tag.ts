// Stops a publisher whose tag names another version than the manifests: publish.yml runs this.
import { readJson, type JsrJson, type PackageJson } from './manifests.ts'

const tag = process.env['GITHUB_REF_NAME'] ?? ''
const versions = [
  readJson<PackageJson>('.', 'package.json').version,
  readJson<JsrJson>('.', 'jsr.json').version,
]
if (versions.some((version) => tag !== `v${version}`)) {
  console.error(
    `The tag is "${tag}", but package.json and jsr.json have the versions ${versions.join(' and ')}. Make tags by \`npm run release\`.`,
  )
  process.exitCode = 1
}
