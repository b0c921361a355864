export type MaybePromise<T> = T | Promise<T>

/**
 * `await` that does not wait where there is nothing to wait for: cookie sessions stay synchronous
 * from header to header, and stores share the same code.
 */
export function chain<T, R>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return value instanceof Promise ? value.then(next) : next(value)
}
