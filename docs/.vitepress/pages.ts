import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Page {
  /** Relative to the folder of the site, with slashes, such as `guide/users.md`. */
  readonly file: string
  /** The first heading. */
  readonly title: string
  /** The first paragraph, as plain text. */
  readonly description: string
}

export interface Section {
  readonly title: string
  readonly pages: readonly Page[]
}

/** What a reader needs first comes first. A page that is not named here follows, in the order of the alphabet. */
const ORDER = [
  'guide/routers.md',
  'guide/sessions.md',
  'guide/storages.md',
  'guide/users.md',
  'guide/types.md',
  'guide/expiry.md',
  'guide/secrets.md',
  'guide/testing.md',
  'guide/options.md',
  'guide/responses.md',
  'guide/runtimes.md',
  'guide/operating.md',
  'guide/observing.md',
  'guide/growing.md',
  'guide/own-storage.md',
  'guide/command-line.md',
  'guide/react-router.md',
  'concepts/tokens.md',
  'concepts/conflicts.md',
  'concepts/back-ends.md',
  'reference/index.md',
  'reference/fetch-sessions.md',
  'reference/fetch-sessions/testing.md',
]

/** Every page below a folder, in the order of the sidebar. */
export function pagesIn(folder: string): Page[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.md') && !file.startsWith('.vitepress/'))
    .toSorted((one, other) => rank(one) - rank(other) || one.localeCompare(other, 'en'))
    .map((file) => pageOf(file, readFileSync(join(folder, file), 'utf8')))
}

/** The sections of the sidebar and of llms.txt. The home page is in none. */
export function sectionsOf(pages: readonly Page[]): Section[] {
  const below = (...folders: string[]): Page[] =>
    pages.filter(({ file }) => folders.some((folder) => dirname(file) === folder))
  const sections = [
    { title: 'Guide', pages: below('guide') },
    { title: 'Concepts', pages: below('concepts') },
    { title: 'About', pages: below('.').filter(({ file }) => file !== 'index.md') },
    { title: 'Reference', pages: below('reference', 'reference/fetch-sessions') },
    { title: 'Reference: storages', pages: below('reference/fetch-sessions/storage') },
  ]
  const listed = new Set(sections.flatMap((section) => section.pages))
  const lost = pages.filter((page) => page.file !== 'index.md' && !listed.has(page))
  if (lost.length > 0) {
    const files = lost.map(({ file }) => file).join(', ')
    throw new Error(
      `No section of the site has ${files}: add its folder to docs/.vitepress/pages.ts.`,
    )
  }
  return sections.filter((section) => section.pages.length > 0)
}

function dirname(file: string): string {
  return file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '.'
}

function rank(file: string): number {
  const index = ORDER.indexOf(file)
  return index === -1 ? ORDER.length : index
}

function pageOf(file: string, text: string): Page {
  const [, title] = /^# (.+)$/m.exec(text) ?? []
  if (title === undefined && file !== 'index.md') {
    throw new Error(`docs/${file} has no title: begin it with a line such as "# Users".`)
  }
  const [, paragraph = ''] = /^# .+\n+((?:[^\n#<|`-].*\n)+)/m.exec(text) ?? []
  return { file, title: plain(title ?? ''), description: plain(paragraph) }
}

/** Without the marks of Markdown. */
function plain(markdown: string): string {
  return markdown
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[*`\\]/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
