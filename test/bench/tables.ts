import { format, resolveConfig } from 'prettier'

/** A table in Markdown, its columns aligned. */
export async function formatTable(rows: readonly (readonly string[])[]): Promise<string> {
  const [head = [], ...body] = rows
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'))
  const lines = [head, rule, ...body].map((cells) => `| ${cells.join(' | ')} |`)
  return formatMarkdown(lines.join('\n'))
}

export async function formatMarkdown(text: string): Promise<string> {
  return format(text, { ...(await resolveConfig('docs/benchmarks.md')), parser: 'markdown' })
}
