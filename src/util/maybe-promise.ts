export type MaybePromise<T> = T | Promise<T>

/**
 * `await` without a wait for values that are no promise. Cookie sessions stay synchronous from header to header, and share
 * their code with stores.
 */
export function chain<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
