import type { StandardSchemaV1 } from '@standard-schema/spec'

import { isProduction } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'
import { chain } from '../util/maybe-promise.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { isFlashKey } from './session-values.ts'
import type { StoredValues } from './session-values.ts'

/** Values that a schema has accepted. */
interface ValidValues {
  readonly values: StoredValues
  /** `migrate` has made them from the stored values. */
  readonly migrated: boolean
}

/** Validates the values of sessions against the application's schema. */
export interface ValueSchema {
  /** The output of the schema; null if neither the values nor the result of `migrate` validate. */
  accept(stored: StoredValues): MaybePromise<ValidValues | null>
  /**
   * Outside of production, checks that a value will validate at the next request. An asynchronous schema is not checked,
   * because `set()` is synchronous.
   * @param others the other values, read only if the schema refuses this one alone
   * @throws SessionError `ERR_SESSION_VALUE`, with the schema's own message
   */
  assertValue(name: string, value: unknown, others: { readonly all: StoredValues }): void
}

/**
 * @throws SessionError `ERR_SESSION_CONFIG` for an invalid schema, for `migrate` without one, and for a schema that needs
 * all keys at once
 */
export function createValueSchema({
  schema,
  migrate,
}: {
  schema?: StandardSchemaV1 | undefined
  migrate?: ((data: Record<string, unknown>) => unknown) | undefined
}): ValueSchema | undefined {
  if (schema === undefined) {
    if (migrate !== undefined)
      throw schemaError('`migrate` needs a `schema`, to tell when to migrate')
    return undefined
  }
  if (!isStandardSchema(schema)) {
    throw schemaError(
      '`schema` is not a Standard Schema; give one of zod 3.24+, valibot 1, arktype 2 or the like',
    )
  }

  const check = (value: unknown) => schema['~standard'].validate(value)
  const keys = keySchemasOf(schema)
  if (keys === undefined) {
    const empty = check({})
    if (empty instanceof Promise) empty.catch(() => undefined)
    else if (empty.issues !== undefined) throw wholeOnlyError()
  }

  function validate(stored: StoredValues): MaybePromise<StoredValues | null> {
    const [data, flash] = split(stored)
    return chain(check(data), (result) => {
      if (result.issues === undefined)
        return isObject(result.value) ? merge(result.value, flash) : null
      // A session fills bit by bit, so missing keys are valid.
      if (!result.issues.every((issue) => isMissing(issue, data))) return null
      const missing = new Set(result.issues.map(keyOf))
      return chain(validateKeys(data, missing), (values) => values && merge(values, flash))
    })
  }

  /** Standard Schema cannot validate a part, so each key is validated by its own schema. */
  function validateKeys(
    data: Record<string, unknown>,
    missing: ReadonlySet<PropertyKey | undefined>,
  ): MaybePromise<Record<string, unknown> | null> {
    if (keys === undefined) throw wholeOnlyError()
    const known = keys.filter(({ name }) => !missing.has(name))
    const answers = known.map(({ name, schema: own, absent }) => {
      const value = typeof absent === 'function' ? (absent() as unknown) : absent
      return own['~standard'].validate(Object.hasOwn(data, name) ? data[name] : value)
    })
    return chain(all(answers), (results) => {
      const values = new Map(Object.entries(data))
      for (const [i, result] of results.entries()) {
        const { name } = known[i]!
        if (result.issues === undefined) values.set(name, result.value)
        else if (values.has(name)) return null
      }
      return Object.fromEntries(values)
    })
  }

  /** The issue of the schema with one key, if the schema is synchronous. */
  function issueOf(name: string, data: object): StandardSchemaV1.Issue | undefined {
    const result = check(data)
    if (result instanceof Promise) return void result.catch(() => undefined)
    return result.issues?.find((issue) => keyOf(issue) === name)
  }

  function migrateFrom(stored: StoredValues): MaybePromise<ValidValues | null> {
    if (migrate === undefined) return null
    const [data, flash] = split(stored)
    return chain(migrate(data) as MaybePromise<unknown>, (made) =>
      chain(isObject(made) ? validate(merge(made, flash)) : null, (values) =>
        values === null ? null : { values, migrated: true },
      ),
    )
  }

  return {
    accept: (stored) =>
      chain(validate(stored), (values) =>
        values === null ? migrateFrom(stored) : { values, migrated: false },
      ),

    assertValue(name, value, others) {
      if (isProduction()) return
      const own = [[name, value]] as const
      if (issueOf(name, Object.fromEntries(own)) === undefined) return
      // The schema may refuse the value only because the others are missing.
      const [data] = split(others.all)
      const issue = issueOf(name, Object.fromEntries([...Object.entries(data), ...own]))
      if (issue === undefined) return
      throw new SessionError(
        'ERR_SESSION_VALUE',
        `The session cannot hold this "${name}": its schema says "${issue.message}".`,
      )
    },
  }
}

interface KeySchema {
  readonly name: string
  readonly schema: StandardSchemaV1
  /** The default of a missing value, or a function that makes it. */
  readonly absent?: unknown
}

/** The schema of each key, if the schema exposes them. */
function keySchemasOf(schema: object): readonly KeySchema[] | undefined {
  const { shape, entries } = schema as { shape?: unknown; entries?: unknown }
  const members = shape ?? entries // zod, valibot
  const keys = isObject(members)
    ? Object.entries(members).map(([name, own]) => ({ name, schema: own as StandardSchemaV1 }))
    : arktypeKeys(schema)
  return keys?.every(({ schema: own }) => isStandardSchema(own)) ? keys : undefined
}

function arktypeKeys(schema: object): KeySchema[] | undefined {
  interface Prop {
    key: string
    value: StandardSchemaV1
    default?: unknown
  }
  try {
    const { props } = schema as { props?: readonly Prop[] }
    return props?.map((prop) => ({ name: prop.key, schema: prop.value, absent: prop.default }))
  } catch {
    return undefined // arktype throws for a union, which has no props
  }
}

/** The values as one object, and the flash values, which a schema does not cover. */
function split(values: StoredValues): [data: Record<string, unknown>, flash: [string, unknown][]] {
  const entries = Object.entries(values)
  return [
    Object.fromEntries(entries.filter(([key]) => !isFlashKey(key))),
    entries.filter(([key]) => isFlashKey(key)),
  ]
}

function merge(data: object, flash: readonly [string, unknown][]): StoredValues {
  const entries = Object.entries(data).filter(([, value]) => value !== undefined)
  return Object.fromEntries([...entries, ...flash])
}

function isMissing(issue: StandardSchemaV1.Issue, data: object): boolean {
  const key = keyOf(issue)
  return issue.path?.length === 1 && key !== undefined && !Object.hasOwn(data, key)
}

/** The session key that an issue is about. */
function keyOf({ path = [] }: StandardSchemaV1.Issue): PropertyKey | undefined {
  const [first] = path
  return typeof first === 'object' ? first.key : first
}

function isStandardSchema(schema: unknown): schema is StandardSchemaV1 {
  const standard = (schema as StandardSchemaV1 | null | undefined)?.['~standard']
  return typeof standard?.validate === 'function'
}

function all<T>(values: readonly MaybePromise<T>[]): MaybePromise<readonly T[]> {
  return values.some((value) => value instanceof Promise)
    ? Promise.all(values)
    : (values as readonly T[])
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wholeOnlyError(): SessionError {
  return schemaError(
    '`schema` refuses sessions that lack a key, and a session fills bit by bit; make every key optional, for example with `.partial()`',
  )
}

function schemaError(problem: string): SessionError {
  return new SessionError('ERR_SESSION_CONFIG', `The session storage is misconfigured: ${problem}.`)
}
