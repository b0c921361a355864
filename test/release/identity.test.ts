import { spawnSync } from 'node:child_process'

import { describe, expect, it } from 'vitest'

import packageJson from '../../package.json' with { type: 'json' }
import { IDENTITY, VERSION, temporaryRepository } from './temporary-repository.ts'

describe('npm run release:identity', () => {
  it('fills in the manifests and SECURITY.md', () => {
    const { run, read } = temporaryRepository()
    expect(run('identity.ts', ...IDENTITY)).toEqual({
      status: 0,
      output: 'Everything is decided.\n',
    })
    expect(JSON.parse(read('package.json'))).toEqual({
      ...packageJson,
      version: VERSION,
      homepage: 'https://github.com/example/sessions#readme',
      bugs: { url: 'https://github.com/example/sessions/issues' },
      repository: { type: 'git', url: 'git+https://github.com/example/sessions.git' },
    })
    expect(JSON.parse(read('jsr.json'))).toHaveProperty('name', '@example/fetch-sessions')
    expect(read('SECURITY.md')).toBe(
      '# Security\n\nWrite to:\n\n> [security@shop.example](mailto:security@shop.example)\n\nPlease send the version.\n',
    )
  })

  it('takes one at a time and says what is left', () => {
    const { run } = temporaryRepository()
    const [, , ...later] = IDENTITY
    expect(run('identity.ts', ...IDENTITY.slice(0, 2)).output).toBe(
      'Not decided yet: --jsr-scope, --security-contact.\n',
    )
    expect(run('identity.ts', ...later).output).toBe('Everything is decided.\n')
  })

  it.each([
    ['--repository', 'example/sessions'],
    ['--repository', 'https://github.com/example/sessions.git'],
    ['--jsr-scope', 'example'],
    ['--security-contact', 'somebody'],
  ])('changes nothing if one of them is wrong: %s %s', (option, value) => {
    const { run, git } = temporaryRepository()
    const { status, output } = run('identity.ts', ...IDENTITY, option, value)
    expect(status).toBe(1)
    expect(output).toContain(`${option} is "${value}". It has to be `)
    expect(git('status', '--porcelain')).toBe('')
  })

  it('leaves files as `npm run format` would', () => {
    const { run, git } = temporaryRepository()
    run('identity.ts', ...IDENTITY)
    const files = git('diff', '--name-only').split('\n')
    expect(files).toEqual(['SECURITY.md', 'jsr.json', 'package.json'])
    expect(run('../../node_modules/prettier/bin/prettier.cjs', '--check', ...files).status).toBe(0)
  })
})

describe('a publisher', () => {
  it('is stopped until everything is decided, and told what to run', () => {
    const { run } = temporaryRepository()
    const { status, output } = run('require-identity.ts')
    expect(status).toBe(1)
    expect(output).toContain(
      'Run `npm run release:identity -- --repository … --jsr-scope … --security-contact …`',
    )
    run('identity.ts', ...IDENTITY)
    expect(run('require-identity.ts')).toEqual({ status: 0, output: '' })
  })

  it.each(['prepublishOnly', 'release:jsr'] as const)('is stopped by `npm run %s`', (script) => {
    expect(packageJson.scripts[script]).toMatch(/^node tooling\/release\/require-identity\.ts/)
  })

  it('is not let through by a SECURITY.md with another text, or by none', () => {
    const { run, write, git } = temporaryRepository()
    run('identity.ts', ...IDENTITY)
    write('SECURITY.md', '# Security\n\nTo be announced.\n')
    expect(run('require-identity.ts').output).toContain('nobody has decided --security-contact')
    git('rm', '--quiet', '--force', 'SECURITY.md')
    expect(run('require-identity.ts').status).toBe(1)
  })
})

describe('npm publish', () => {
  it('never gets beyond that check while something is not decided', () => {
    const { run, git, link } = temporaryRepository()
    link('tooling')
    const publish = () =>
      spawnSync('npm', ['publish', '--dry-run', '--offline'], {
        cwd: git('rev-parse', '--show-toplevel'),
        encoding: 'utf8',
      })
    const refused = publish()
    expect([refused.status, refused.stderr]).toEqual([
      1,
      expect.stringContaining('This cannot be published yet'),
    ])
    run('identity.ts', ...IDENTITY)
    expect(publish()).toMatchObject({ status: 0 })
  })
})
