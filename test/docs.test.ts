import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import packageJson from '../package.json' with { type: 'json' }
import { snippetsOf } from './support/snippets.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

interface Comment {
  readonly blockTags?: readonly { readonly tag: string; readonly content: readonly Text[] }[]
}

interface Text {
  readonly text: string
}

/** What is used of a reflection, as typedoc writes it with `--json`. */
interface Reflection {
  readonly name: string
  readonly variant: string
  readonly comment?: Comment
  readonly children?: readonly Reflection[]
  readonly signatures?: readonly Reflection[]
  readonly getSignature?: Reflection
  readonly type?: { readonly declaration?: Reflection }
}

const generated = mkdtempSync(join(tmpdir(), 'fetch-sessions-docs-'))
const reflections = join(generated, 'reflections.json')
const pages = join(generated, 'pages')
const examples = 'test/.docs'

let modules: readonly Reflection[]

beforeAll(() => {
  const args = ['run', 'docs', '--silent', '--', '--out', pages, '--json', reflections]
  const { status, stdout, stderr } = spawnSync('npm', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm run docs failed:\n${stdout}${stderr}`)
  modules = (JSON.parse(readFileSync(reflections, 'utf8')) as Reflection).children ?? []
})
afterAll(() => rmSync(generated, { recursive: true }))

const markdownIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    // `npm run docs:site` copies the pages to .vitepress/dist.
    .filter((file) => file.endsWith('.md') && !file.startsWith('.vitepress'))
    .toSorted()

const apiPages = (): string[] => markdownIn('docs/reference')

/** What a module makes itself; what it hands on has its docstring elsewhere. */
const ownNames = (module: Reflection): readonly Reflection[] =>
  module.children?.filter(({ variant }) => variant === 'declaration') ?? []

/** A docstring stands at the signatures of what can be called, and at all else itself. */
const docstringsOf = ({ comment, signatures, getSignature, type }: Reflection): Comment[] =>
  [
    comment,
    getSignature?.comment,
    ...(signatures ?? []).map((signature) => signature.comment),
    ...(type?.declaration?.signatures ?? []).map((signature) => signature.comment),
  ].filter((found) => found !== undefined)

const examplesOf = (reflection: Reflection): string[] =>
  docstringsOf(reflection)
    .flatMap(({ blockTags = [] }) => blockTags)
    .filter(({ tag }) => tag === '@example')
    .map(({ content }) => content.map(({ text }) => text).join(''))

/** What a link can lead to in a page: the anchors of the API pages, and those that GitHub and VitePress make of headings. */
function anchorsOf(page: string): string[] {
  const headings = page.replaceAll(/^```[\s\S]*?^```$/gm, '').matchAll(/^#+ (.+)$/gm)
  const words = [...headings].map(([, heading = '']) => heading.toLowerCase())
  return [
    ...[...page.matchAll(/<a id="([^"]+)"><\/a>/g)].map(([, id = '']) => id),
    ...words.map((text) => text.replaceAll(/[^\w -]/g, '').replaceAll(' ', '-')),
  ]
}

describe('the API pages', () => {
  it('are those that `npm run docs` writes: run it where they are not', () => {
    expect(apiPages()).toEqual(markdownIn(pages))
    for (const page of markdownIn(pages)) {
      const committed = readFileSync(join('docs/reference', page), 'utf8')
      expect(committed, `docs/reference/${page}: run \`npm run docs\``).toBe(
        readFileSync(join(pages, page), 'utf8'),
      )
    }
  })

  it('are one for each name that can be imported', () => {
    const names = Object.keys(packageJson.exports).filter((name) => !name.endsWith('.json'))
    const published = names.map((name) => name.replace('.', packageJson.name))
    expect(modules.map(({ name }) => name).toSorted()).toEqual(published.toSorted())
  })

  it('link to what is there', () => {
    const links = [
      'README.md',
      'CONTRIBUTING.md',
      ...markdownIn('docs').map((page) => join('docs', page)),
    ].flatMap((from) =>
      [...readFileSync(from, 'utf8').matchAll(/\]\((?!https?:)([^)#]*)#?([^)]*)\)/g)].map(
        ([, file = '', anchor = '']) => ({
          from,
          to: file === '' ? from : join(dirname(from), file),
          anchor,
        }),
      ),
    )
    const broken = links.filter(({ to, anchor }) => {
      if (!existsSync(to)) return true
      return anchor !== '' && !anchorsOf(readFileSync(to, 'utf8')).includes(anchor)
    })
    expect(broken).toEqual([])
    expect(links.length).toBeGreaterThan(100)
  })

  it('are found from the README, those of the API by way of the index', () => {
    const readme = readFileSync('README.md', 'utf8')
    expect(readme).toContain('](docs/reference/index.md)')
    const guides = markdownIn('docs/guide')
    expect(guides.filter((page) => !readme.includes(`](docs/guide/${page})`))).toEqual([])
    const index = readFileSync('docs/reference/index.md', 'utf8')
    const others = apiPages().filter((page) => page !== 'index.md')
    expect(others.filter((page) => !index.includes(`](${page})`))).toEqual([])
  })
})

describe('the docstrings', () => {
  it('are there for every public name and its members', () => {
    const names = modules.flatMap((module) => [
      { path: module.name, reflection: module },
      ...ownNames(module).flatMap((own) => [
        { path: `${module.name}: ${own.name}`, reflection: own },
        ...(own.children ?? []).map((member) => ({
          path: `${module.name}: ${own.name}.${member.name}`,
          reflection: member,
        })),
      ]),
    ])
    expect(names.length).toBeGreaterThan(100)
    const bare = names.filter(({ reflection }) => docstringsOf(reflection).length === 0)
    expect(bare.map(({ path }) => path)).toEqual([])
  })

  it('show an example of every function, class, interface and type', () => {
    const bare = modules.flatMap((module) =>
      ownNames(module)
        .filter((own) => examplesOf(own).length === 0)
        .map(({ name }) => `${module.name}: ${name}`),
    )
    expect(bare).toEqual([])
  })

  it('have examples that are type-checked, all of them, and so have the home page and the concepts', () => {
    rmSync(examples, { recursive: true, force: true })
    mkdirSync(examples)
    for (const module of modules) {
      for (const own of ownNames(module)) {
        for (const [index, example] of examplesOf(own).entries()) {
          const file = `${module.name.replaceAll('/', '.')}.${own.name}.${index}.ts`
          const code = example.replace(/^```ts\n([\s\S]*)\n```$/, '$1')
          writeFileSync(join(examples, file), `${code}\nexport {}\n`)
        }
      }
    }
    for (const page of [
      'index.md',
      ...markdownIn('docs/concepts').map((file) => `concepts/${file}`),
    ]) {
      for (const { name, code } of snippetsOf(join('docs', page))) {
        writeFileSync(join(examples, `${page.replaceAll('/', '.')}.${name}`), code)
      }
    }
    // The unused names of an example are for its reader.
    const compilerOptions = { noUnusedLocals: false }
    const config = { extends: '../../tsconfig.json', compilerOptions, include: ['*.ts'] }
    writeFileSync(join(examples, 'tsconfig.json'), JSON.stringify(config))
    const { stdout, status } = spawnSync('node_modules/.bin/tsc', ['-p', examples], {
      encoding: 'utf8',
    })
    expect([stdout, status]).toEqual(['', 0])
  })
})
