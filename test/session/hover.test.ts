import { resolve } from 'node:path'

import { API } from 'typescript/unstable/sync'
import { describe, expect, it } from 'vitest'

const FOLDER = resolve('test/hover')
const CODE = `
import { createSession } from '../../src/index.ts'
interface Data { name: string; role: 'admin' | 'user'; both: number }
interface Flash { notice: string; both: string }
const session = createSession<Data, Flash>()
const untyped = createSession()
const shown = {
  name: session.get('name'),
  role: session.get('role'),
  both: session.get('both'),
  notice: session.peek('notice'),
  cart: untyped.get('cart'),
}
`

/** The files are here only; nothing is written. */
const files = new Map([
  [
    `${FOLDER}/tsconfig.json`,
    JSON.stringify({
      compilerOptions: {
        strict: true,
        noEmit: true,
        module: 'nodenext',
        target: 'es2022',
        lib: ['es2023', 'dom'],
        types: [],
        allowImportingTsExtensions: true,
      },
      files: ['code.ts'],
    }),
  ],
  [`${FOLDER}/code.ts`, CODE],
])

describe('what an editor shows for a value', () => {
  it('is its type, not the name of an internal type', () => {
    const api = new API({
      fs: {
        readFile: (path) => files.get(path),
        fileExists: (path) => files.has(path) || undefined,
      },
    })
    const config = `${FOLDER}/tsconfig.json`
    const checker = api.updateSnapshot({ openProjects: [config] }).getProject(config)!.checker
    const shown = ['name', 'role', 'both', 'notice', 'cart'].map((name) => {
      const type = checker.getTypeAtPosition(`${FOLDER}/code.ts`, CODE.indexOf(`  ${name}:`) + 2)
      return `${name}: ${checker.typeToString(type!)}`
    })
    api.close()
    expect(shown).toEqual([
      'name: string | undefined',
      'role: "admin" | "user" | undefined',
      'both: string | number | undefined',
      'notice: string | undefined',
      'cart: any',
    ])
  })
})
