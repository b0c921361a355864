import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import packageJson from '../package.json' with { type: 'json' }
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const built = mkdtempSync(join(tmpdir(), 'fetch-sessions-site-'))
/** Sites of one page, with the configuration of the real one. They lie here because it imports VitePress. */
const SMALL_SITES = 'test/.site'
/** Without the bars, which link to the pages of the real site. */
const SMALL_CONFIG = `
import site from '../../../../docs/.vitepress/config.ts'
export default { ...site, themeConfig: {} }
`

afterAll(() => {
  rmSync(built, { recursive: true })
  rmSync(SMALL_SITES, { recursive: true, force: true })
})

async function buildSite(folder: string, outDir: string): Promise<{ code: number; said: string }> {
  const args = ['node_modules/vitepress/bin/vitepress.js', 'build', folder, '--outDir', outDir]
  const child = spawn(process.execPath, args, { env: { ...process.env, NODE_ENV: 'production' } })
  let said = ''
  child.stdout.on('data', (text) => (said += text))
  child.stderr.on('data', (text) => (said += text))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, said })))
}

/** Builds a site of one page. */
async function buildPage(name: string, text: string): Promise<{ code: number; said: string }> {
  const folder = join(SMALL_SITES, name)
  mkdirSync(join(folder, '.vitepress'), { recursive: true })
  writeFileSync(join(folder, '.vitepress/config.ts'), SMALL_CONFIG)
  writeFileSync(join(folder, 'index.md'), text)
  return buildSite(folder, join(process.cwd(), folder, 'built'))
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) =>
    file.replaceAll('\\', '/'),
  )

const page = (file: string): string => readFileSync(join(built, file), 'utf8')

const sources = filesIn('docs').filter(
  (file) => file.endsWith('.md') && !file.startsWith('.vitepress'),
)
const htmlOf = (file: string): string => file.replace(/\.md$/, '.html')

describe('the site', () => {
  beforeAll(async () => {
    const { code, said } = await buildSite('docs', built)
    if (code !== 0) throw new Error(`npm run docs:site failed:\n${said}`)
  }, 600_000)

  it('has a page for each file', () => {
    expect(sources.length).toBeGreaterThan(25)
    expect(filesIn(built)).toEqual(expect.arrayContaining(sources.map(htmlOf)))
  })

  it('lists every page in the sidebar', () => {
    const links = [...page('concepts/tokens.html').matchAll(/href="\/([^"#]*)"/g)].map(
      ([, link = '']) => (link === '' || link.endsWith('/') ? `${link}index.html` : link),
    )
    expect(links).toEqual(expect.arrayContaining(sources.map(htmlOf)))
  })

  it('has an index for the search, with every page', () => {
    const name =
      filesIn(built).find((file) => file.startsWith('assets/chunks/@localSearchIndex')) ?? ''
    const index = page(name)
    const missing = sources
      .filter((file) => file !== 'index.md')
      .filter((file) => !index.includes(`/${htmlOf(file).replace(/index\.html$/, '')}`))
    expect(missing).toEqual([])
    expect(index).toContain('durable')
  })

  it('loads nothing from elsewhere, so it works offline', () => {
    const loads = /<(?:script|link|img|source)\b[^>]*?(?:src|srcset|href)="(?:https?:)?\/\/[^"]*"/g
    const css = filesIn(built).filter((file) => file.endsWith('.css'))
    for (const file of [...sources.map(htmlOf), ...css]) {
      expect([...page(file).matchAll(loads)].flat(), file).toEqual([])
      expect(page(file), file).not.toMatch(/url\(["']?(?:https?:)?\/\//)
    }
  })

  it('has an llms.txt that lists the Markdown of every page but the home page', () => {
    const text = page('llms.txt')
    expect(text.startsWith(`# ${packageJson.name}\n\n> ${packageJson.description}\n\n## `)).toBe(
      true,
    )
    const listed = [...text.matchAll(/^- \[[^\]]+\]\(([^)]+)\)(?:: \S.*)?$/gm)].map(
      ([, file = '']) => file,
    )
    expect(listed.toSorted()).toEqual(sources.filter((file) => file !== 'index.md').toSorted())
    for (const file of listed) expect(page(file)).toBe(readFileSync(join('docs', file), 'utf8'))
  })
})

describe('the build of the site', () => {
  it.each([
    ['page', '[gone](guide/gone.md)', 'guide/gone'],
    ['heading', '# Home\n\n[gone](#gone)', '#gone'],
    ['file of the repository', '[gone](../../../src/gone.ts)', '../../../src/gone.ts'],
  ])('fails for a link to a %s that is not there', async (what, text, link) => {
    const { code, said } = await buildPage(what.replaceAll(' ', '-'), `${text}\n`)
    expect(code, said).not.toBe(0)
    expect(said).toContain(link)
  })

  it('shows a link to a file of the repository as its name, since the site does not have it', async () => {
    const name = 'file-that-is-there'
    const { code, said } = await buildPage(
      name,
      '# Home\n\n[the license](../../../LICENSE) [top](#home)\n',
    )
    expect(code, said).toBe(0)
    const html = readFileSync(join(SMALL_SITES, name, 'built/index.html'), 'utf8')
    expect(html).toContain(
      '<span class="repository-file" title="LICENSE in the repository">the license</span>',
    )
  })
})
