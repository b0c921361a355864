import { existsSync } from 'node:fs'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

import type { MarkdownRenderer } from 'vitepress'

const repository = fileURLToPath(new URL('../..', import.meta.url))

/** What VitePress says about the page that it renders. */
interface PageOfSite {
  /** The file. */
  readonly path: string
  /** The same, relative to the folder of the site. */
  readonly relativePath: string
}

/**
 * Shows a link to a file outside of the site, such as `../../CONTRIBUTING.md`, as the name of that file. On the site nothing
 * is behind such a link, and the address of the repository is not in the sources.
 *
 * @throws Error if there is no such file
 */
export function outsideLinks(md: MarkdownRenderer): void {
  md.core.ruler.push('outside-links', ({ tokens, env }) => {
    const { path, relativePath } = env as PageOfSite
    for (const { children } of tokens) {
      if (children === null) continue
      for (const [index, token] of children.entries()) {
        const [file = ''] = (token.type === 'link_open' && token.attrGet('href')?.split('#')) || []
        if (!file.startsWith('.') || !isOutside(relativePath, file)) continue
        const target = join(dirname(path), file)
        if (!existsSync(target))
          throw new Error(`${path} links to ${file}, and there is no such file.`)
        const end = children.findIndex((other, at) => at > index && other.type === 'link_close')
        const close = children[end]
        if (close === undefined) continue
        const name = relative(repository, target).replaceAll('\\', '/')
        token.attrs = [
          ['class', 'repository-file'],
          ['title', `${name} in the repository`],
        ]
        token.type = 'span_open'
        close.type = 'span_close'
        token.tag = close.tag = 'span'
      }
    }
  })
}

function isOutside(page: string, link: string): boolean {
  return posix.join(posix.dirname(page), link).startsWith('../')
}
