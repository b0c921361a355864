import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

import packageJson from '../../package.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'

describe('npm run sbom', () => {
  interface Sbom {
    bomFormat: string
    metadata: { component: { purl: string } }
    components: { name: string; version: string; hashes: unknown[] }[]
  }

  it('lists what an installation brings, with versions and hashes', () => {
    const args = ['tooling/release/sbom.ts']
    const sbom = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as Sbom
    expect(sbom.bomFormat).toBe('CycloneDX')
    expect(sbom.metadata.component.purl).toBe(`pkg:npm/fetch-sessions@${packageJson.version}`)
    expect(sbom.components.map(({ name }) => name).toSorted()).toEqual(
      Object.keys(packageJson.dependencies).toSorted(),
    )
    for (const { name, version, hashes } of sbom.components) {
      const installed = readFileSync(`node_modules/${name}/package.json`, 'utf8')
      expect(JSON.parse(installed)).toMatchObject({ version })
      expect(hashes).toHaveLength(1)
    }
  })
})
