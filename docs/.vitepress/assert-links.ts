import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/**
 * VitePress checks that the page of a link exists, but not the heading.
 *
 * @param outDir the folder with the finished pages
 * @throws Error with every link that leads nowhere
 */
export function assertLinks(outDir: string): void {
  const pages = new Map(
    readdirSync(outDir, { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.html'))
      .map((file) => [join(outDir, file), readFileSync(join(outDir, file), 'utf8')]),
  )
  const dead = [...pages].flatMap(([page, html]) =>
    linksIn(html)
      .filter((link) => !leadsSomewhere(pages, outDir, page, link))
      .map((link) => `${page.slice(outDir.length + 1)} links to ${link}`),
  )
  if (dead.length > 0) throw new Error(`These links lead nowhere:\n${dead.join('\n')}`)
}

function linksIn(html: string): string[] {
  return [...html.matchAll(/<a [^>]*?href="([^"]+)"/g)]
    .map(([, link = '']) => link.replaceAll('&amp;', '&'))
    .filter((link) => !/^[a-z]+:/.test(link))
}

function leadsSomewhere(
  pages: ReadonlyMap<string, string>,
  outDir: string,
  page: string,
  link: string,
): boolean {
  const [path = '', anchor = ''] = decodeURI(link).split('#')
  const file = path === '' ? page : join(path.startsWith('/') ? outDir : dirname(page), path)
  const target =
    file.endsWith('.html') || !pages.has(join(file, 'index.html')) ? file : join(file, 'index.html')
  const html = pages.get(target)
  if (html === undefined) return existsSync(target)
  return anchor === '' || html.includes(` id="${anchor}"`)
}
