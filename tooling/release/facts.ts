// Prints sizes, runtimes and versions into the documentation, between `<!-- facts:name -->` and `<!-- /facts -->`.
// With `--check` it changes nothing and says what is out of date.
import { readFileSync, writeFileSync } from 'node:fs'

import { format, resolveConfig } from 'prettier'

import { factBlocks } from './fact-blocks.ts'

const PAGES = ['README.md', 'docs/facts.md']
const BLOCK = /(<!-- facts:([\w-]+) -->\n)[\s\S]*?(<!-- \/facts -->)/g

const isCheck = process.argv.includes('--check')

async function updated(page: string, text: string): Promise<string> {
  const printed = text.replaceAll(BLOCK, (_: string, start: string, name: string, end: string) => {
    const block = factBlocks[name]
    if (block !== undefined) return `${start}\n${block()}\n\n${end}`
    const names = Object.keys(factBlocks).join(', ')
    throw new Error(`${page} has a block "${name}". There are ${names}.`)
  })
  if (printed === text) return text
  return format(printed, { ...(await resolveConfig(page)), filepath: page })
}

for (const page of PAGES) {
  const before = readFileSync(page, 'utf8')
  const after = await updated(page, before)
  if (after === before) continue
  if (isCheck) {
    console.error(`${page} is out of date: run \`npm run facts\`.`)
    process.exitCode = 1
  } else {
    writeFileSync(page, after)
    console.log(`${page} is up to date now.`)
  }
}
