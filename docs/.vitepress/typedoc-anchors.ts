import type { MarkdownRenderer } from 'vitepress'

/** Gives each heading the name of the anchor that typedoc writes before it, so that a name is on the page once. */
export function typedocAnchors(md: MarkdownRenderer): void {
  // `anchor` is the rule with which VitePress names the other headings.
  md.core.ruler.before('anchor', 'typedoc-anchors', ({ tokens }) => {
    for (const [index, heading] of tokens.entries()) {
      const [open, inline, close] = tokens.slice(Math.max(0, index - 3), index)
      const [, id] = /^<a id="([^"]+)"><\/a>$/.exec(inline?.content ?? '') ?? []
      if (heading.type !== 'heading_open' || id === undefined) continue
      heading.attrSet('id', id)
      for (const token of [open, inline, close]) {
        if (token !== undefined) Object.assign(token, { hidden: true, content: '', children: [] })
      }
    }
  })
}
