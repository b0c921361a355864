import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import packageJson from '../../package.json' with { type: 'json' }
import { pagesIn, sectionsOf } from './pages.ts'

/**
 * Writes llms.txt (https://llmstxt.org), a list of all pages for language models, and the Markdown of each page beside its
 * HTML, to which the list links.
 */
export function writeLlmsTxt(srcDir: string, outDir: string): void {
  const pages = pagesIn(srcDir)
  const sections = sectionsOf(pages).map(
    ({ title, pages: listed }) =>
      `## ${title}\n\n${listed
        .map(
          (page) => `- [${page.title}](${page.file})${page.description && `: ${page.description}`}`,
        )
        .join('\n')}\n`,
  )
  const head = `# ${packageJson.name}\n\n> ${packageJson.description}\n`
  writeFileSync(join(outDir, 'llms.txt'), [head, ...sections].join('\n'))
  for (const { file } of pages) cpSync(join(srcDir, file), join(outDir, file))
}
