import type { StandardSchemaV1 } from '@standard-schema/spec'

import { isProduction } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'
import { chain } from '../util/maybe-promise.ts'
import type { MaybePromise } from '../util/maybe-promise.ts'
import { isFlashKey } from './session-values.ts'
import type { StoredValues } from './session-values.ts'

/** Values that a schema has accepted. */
export interface ValidValues {
  readonly values: StoredValues
  /** They are not those that were stored: `migrate` made them. */
  readonly migrated: boolean
}

/** Holds the values of sessions to the application's schema. */
export interface ValueSchema {
  /** The values as the schema gives them, or null where neither they nor what `migrate` makes of them validate. */
  accept(stored: StoredValues): MaybePromise<ValidValues | null>
  /**
   * Refuses, outside of production, a value that would not validate at the next request. A schema that answers with a
   * promise is not asked.
   * @throws SessionError `ERR_SESSION_VALUE`, with the schema's own words
   */
  assertValue(name: string, value: unknown, others: StoredValues): void
}

/** @throws SessionError `ERR_SESSION_CONFIG` for what is no schema, and for `migrate` without one */
export function createValueSchema({
  schema,
  migrate,
}: {
  schema?: StandardSchemaV1 | undefined
  migrate?: ((data: Record<string, unknown>) => unknown) | undefined
}): ValueSchema | undefined {
  if (schema === undefined) {
    if (migrate !== undefined) refuse('`migrate` needs a `schema`, to tell when to migrate')
    return undefined
  }
  const standard = (schema as StandardSchemaV1 | null)?.['~standard']
  if (typeof standard?.validate !== 'function') {
    refuse(
      '`schema` is no Standard Schema; give one of zod 3.24+, valibot 1, arktype 2 or the like',
    )
  }

  const check: typeof standard.validate = (value) => standard.validate(value)

  function validate(stored: StoredValues): MaybePromise<StoredValues | null> {
    const [data, flash] = split(stored)
    return chain(check(data), (result) => {
      if (result.issues === undefined)
        return isObject(result.value) ? merge(result.value, flash) : null
      // A session fills bit by bit: what has not been set yet is no fault.
      return result.issues.every((issue) => isMissing(issue, data)) ? stored : null
    })
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
      const [data] = split(others)
      Object.defineProperty(data, name, { value, enumerable: true })
      const result = check(data)
      if (result instanceof Promise) return void result.catch(() => undefined)
      const issue = result.issues?.find((one) => keyOf(one) === name)
      if (issue === undefined) return
      throw new SessionError(
        'ERR_SESSION_VALUE',
        `The session cannot hold this "${name}": its schema says "${issue.message}".`,
      )
    },
  }
}

/** The values as one object, and the flash values, which no schema knows. */
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

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function refuse(problem: string): never {
  throw new SessionError('ERR_SESSION_CONFIG', `The session storage is misconfigured: ${problem}.`)
}
