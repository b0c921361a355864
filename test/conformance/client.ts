import { describe, expect, it } from 'vitest'

/**
 * What every back end does with a wrong client: it refuses it when it is made, and says what to write.
 *
 * @param option the name of the option
 * @param create makes the back end over a client
 * @param binding the section of wrangler.toml, for bindings of Workers
 */
export function clientConformance(
  name: string,
  option: string,
  create: (client: never) => unknown,
  binding?: string,
): void {
  const messageFor = (client: unknown): string => {
    try {
      create(client as never)
    } catch (error) {
      expect(error).toMatchObject({ name: 'SessionError', code: 'ERR_SESSION_CONFIG' })
      return (error as Error).message
    }
    throw new Error('the client was not refused')
  }

  describe(`${name}, given a wrong client`, () => {
    it.each([
      ['undefined', undefined],
      ['null', null],
      ['a string', 'scheme://user:password@localhost/'],
      ['a number', 1],
      ['a promise', Promise.resolve({})],
      ['an object without', {}],
      ['a function without', () => undefined],
    ])('refuses %s by name, and says what to write', (what, client) => {
      const message = messageFor(client)
      expect(message).toContain(`\`${option}\` is ${what}`)
      expect(message).toMatch(/rite `\w+: …` with (an? |the )/)
      expect(message).not.toContain('password')
    })

    it('says how to come by what is missing', () => {
      expect(messageFor(Promise.resolve({}))).toContain('Await it first')
      const message = messageFor(undefined)
      if (binding === undefined) expect(message).not.toContain('wrangler')
      else
        expect(message).toContain(`environment: declare it under \`${binding}\` in wrangler.toml`)
    })
  })
}
