const RealDate = Date
let shift = 0

/** Puts the clock of this process forward, or back, from the time of the machine. */
export function shiftClock(milliseconds: number): void {
  shift = milliseconds
}

/** Puts a clock that can be shifted in the place of `Date`. */
export function installClock(): void {
  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args: unknown[], newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget) as object,
    apply: () => new RealDate(now()).toString(),
    get: (target, key, receiver) =>
      key === 'now' ? now : (Reflect.get(target, key, receiver) as unknown),
  })
}

const now = (): number => RealDate.now() + shift
