import { nearestName } from '../../src/util/nearest-name.ts'
import { expect, it } from 'vitest'

const known = ['httpOnly', 'maxAge', 'path', 'sameSite', 'secrets', 'secure']

it.each([
  ['httponly', 'httpOnly'],
  ['HttpOnly', 'httpOnly'],
  ['max_age', 'maxAge'],
  ['samesite', 'sameSite'],
  ['secret', 'secrets'],
  ['encode', undefined],
  ['x', undefined],
])('the known name that is nearest to %s is %s', (given, expected) => {
  expect(nearestName(given, known)).toBe(expected)
})
