import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { defineConfig, type DefaultTheme } from 'vitepress'

import packageJson from '../../package.json' with { type: 'json' }
import { assertLinks } from './assert-links.ts'
import { writeLlmsTxt } from './llms-txt.ts'
import { outsideLinks } from './outside-links.ts'
import { pagesIn, sectionsOf } from './pages.ts'
import { typedocAnchors } from './typedoc-anchors.ts'

const sections = sectionsOf(pagesIn(fileURLToPath(new URL('..', import.meta.url))))

const linkTo = (file: string): string => `/${file.replace(/(index)?\.md$/, '')}`

/** The first page of a section, as a link in the bar at the top. */
function entry(title: string): DefaultTheme.NavItem[] {
  const [page] = sections.find((section) => section.title === title)?.pages ?? []
  if (page === undefined) return []
  const [folder = ''] = page.file.split('/')
  return [{ text: title, link: linkTo(page.file), activeMatch: `^/${folder}/` }]
}

function sidebar(): DefaultTheme.SidebarItem[] {
  return sections.map(({ title, pages }) => ({
    text: title,
    items: pages.map((page) => ({
      text: page.title.replace(/^fetch-sessions\/(storage\/)?/, ''),
      link: linkTo(page.file),
    })),
  }))
}

/** A guide explains what a page of the reference only lists. This runs in the browser, so it uses nothing from above. */
function guidesFirst(id: string): number {
  return id.includes('/guide/') ? 2 : id.includes('/reference/') ? 0.5 : 1
}

export default defineConfig({
  title: packageJson.name,
  description: packageJson.description,
  lang: 'en',
  // Any file server can serve the pages, without a rule that adds `.html`.
  cleanUrls: false,
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  ignoreDeadLinks: false,
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark' },
    config(md) {
      md.use(typedocAnchors)
      md.use(outsideLinks)
    },
  },
  themeConfig: {
    nav: [...entry('Guide'), ...entry('Concepts'), ...entry('Reference')],
    sidebar: sidebar(),
    outline: [2, 3],
    search: {
      provider: 'local', // the index is a file of the site, so it works offline
      options: { miniSearch: { searchOptions: { boostDocument: guidesFirst } } },
    },
    externalLinkIcon: true,
  },
  transformPageData({ filePath, frontmatter }, { siteConfig }) {
    const hasOutline = /^## /m.test(readFileSync(join(siteConfig.srcDir, filePath), 'utf8'))
    if (!hasOutline) frontmatter['aside'] = false // its empty column would take the room of a wide table
  },
  buildEnd({ outDir, srcDir }) {
    assertLinks(outDir)
    writeLlmsTxt(srcDir, outDir)
  },
})
