import { spawnSync } from 'node:child_process'

import packageJson from '../../package.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'

describe('npm run release:dry-run', () => {
  // Needs `npm run build`.
  it('does all that npm and JSR do before they upload', () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['tooling/release/dry-run.ts'], {
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(0)
    expect(stdout).toContain(`+ fetch-sessions@${packageJson.version}`)
    expect(stderr).toContain(`@undecided/fetch-sessions@${packageJson.version}`)
    expect(stderr).toContain('Dry run complete')
    expect(stderr).not.toMatch(/warning/i)
  })
})
