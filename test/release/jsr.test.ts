import jsrJson from '../../jsr.json' with { type: 'json' }
import packageJson from '../../package.json' with { type: 'json' }
import { describe, expect, it } from 'vitest'

const sourceOf = (target: string): string => target.replace(/^\.\/dist\/(.*)\.js$/, './$1.ts')

describe('jsr.json', () => {
  it('has the version and the licence of package.json', () => {
    const { version, license } = packageJson
    expect(jsrJson).toMatchObject({ version, license })
  })

  it('exports the sources of all that package.json exports', () => {
    const targets = Object.entries(packageJson.exports).filter(([, path]) => path.endsWith('.js'))
    expect(jsrJson.exports).toEqual(
      Object.fromEntries(targets.map(([name, path]) => [name, sourceOf(path)])),
    )
  })

  // Without these Deno would take the exact version of a router from devDependencies.
  it('imports every dependency and router in the range of package.json', () => {
    const ranges = { ...packageJson.dependencies, ...packageJson.peerDependencies }
    const newest = (range: string): string => range.split(' || ').at(-1) ?? '' // JSR knows no `||`
    expect(jsrJson.imports).toEqual(
      Object.fromEntries(
        Object.entries(ranges).map(([name, range]) => [name, `npm:${name}@${newest(range)}`]),
      ),
    )
  })
})
