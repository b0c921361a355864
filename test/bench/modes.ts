/** How many requests are in flight together. */
export const MODES = { sequential: 1, inFlight: 32 } as const

export type Mode = keyof typeof MODES
