import { describe, expect, it, vi } from 'vitest'

import { IDENTITY, temporaryRepository, type TemporaryRepository } from './temporary-repository.ts'

/** One that can be published. */
function decidedRepository(): TemporaryRepository {
  const repository = temporaryRepository()
  repository.run('identity.ts', ...IDENTITY)
  repository.git('commit', '--all', '--quiet', '--message', 'identity')
  return repository
}

describe('npm run release', () => {
  it('makes one commit and its tag, with the version in every file', () => {
    const { run, git, read } = decidedRepository()
    expect(run('new-version.ts', '0.2.0')).toEqual({
      status: 0,
      output: 'Made the tag v0.2.0. `git push --follow-tags` publishes it.\n',
    })
    expect(git('log', '-1', '--format=%s %(describe:tags)')).toBe('release: 0.2.0 v0.2.0')
    expect(git('status', '--porcelain')).toBe('')
    expect(git('show', '--format=', '--name-only').split('\n')).toEqual([
      'CHANGELOG.md',
      'jsr.json',
      'package-lock.json',
      'package.json',
    ])
    for (const file of ['package.json', 'package-lock.json', 'jsr.json']) {
      expect(JSON.parse(read(file)), file).toHaveProperty('version', '0.2.0')
    }
    const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, object> }
    expect(lock.packages['']).toHaveProperty('version', '0.2.0')
  })

  it('makes the tag that publish.yml accepts, and no other', () => {
    const { run } = decidedRepository()
    run('new-version.ts', '0.2.0')
    vi.stubEnv('GITHUB_REF_NAME', 'v0.2.0')
    expect(run('check-tag.ts')).toEqual({ status: 0, output: '' })
    vi.stubEnv('GITHUB_REF_NAME', 'v0.1.0')
    const { status, output } = run('check-tag.ts')
    expect([status, output]).toEqual([1, expect.stringContaining('The tag is "v0.1.0", but')])
  })

  it('makes a release of its candidate', () => {
    const { run, git, write } = decidedRepository()
    run('new-version.ts', '0.2.0-rc.1')
    write('CHANGELOG.md', '## [Unreleased]\n\n- A fix.\n\n## [0.2.0-rc.1] - 2026-01-01\n')
    git('commit', '--all', '--quiet', '--message', 'a fix')
    expect(run('new-version.ts', '0.2.0').status).toBe(0)
    expect(git('tag', '--list').split('\n').toSorted()).toEqual(['v0.2.0', 'v0.2.0-rc.1'])
  })

  it('moves what is unreleased under the version and the date', () => {
    const { run, read } = decidedRepository()
    run('new-version.ts', '0.2.0')
    expect(read('CHANGELOG.md')).toMatch(
      /^# Changelog\n\n## \[Unreleased\]\n\n## \[0\.2\.0\] - \d{4}-\d\d-\d\d\n\n### Added\n\n- Everything\.\n$/,
    )
  })

  it('accepts the version of package.json, which the first release has', () => {
    const { run, git } = decidedRepository()
    expect(run('new-version.ts', '0.1.0').status).toBe(0)
    expect(git('tag', '--list')).toBe('v0.1.0')
  })

  it.each([
    ['no version', '', '"" is not a version'],
    ['a wrong version', 'v0.2', '"v0.2" is not a version'],
    ['an older version', '0.0.9', '0.0.9 is older than 0.1.0'],
  ])('refuses %s', (_, version, reason) => {
    const { run, git } = decidedRepository()
    const { status, output } = run('new-version.ts', version)
    expect([status, output]).toEqual([1, expect.stringContaining(reason)])
    expect(git('status', '--porcelain')).toBe('')
  })

  it('refuses a tree with changes', () => {
    const { run, write } = decidedRepository()
    write('new.txt', '')
    expect(run('new-version.ts', '0.2.0').output).toContain('changes that are not committed')
  })

  it('refuses a tag that exists', () => {
    const { run, git } = decidedRepository()
    git('tag', 'v0.2.0')
    expect(run('new-version.ts', '0.2.0').output).toContain('The tag v0.2.0 exists already')
  })

  it('refuses a second release without changes', () => {
    const { run, git } = decidedRepository()
    run('new-version.ts', '0.2.0')
    expect(run('new-version.ts', '0.3.0').output).toContain('has nothing under "Unreleased"')
    expect(git('tag', '--list')).toBe('v0.2.0')
  })

  it('refuses what no publisher would take', () => {
    const { run, git } = temporaryRepository()
    expect(run('new-version.ts', '0.2.0').output).toContain('This cannot be published yet')
    expect(git('tag', '--list')).toBe('')
  })
})
