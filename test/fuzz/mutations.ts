import { Buffer } from 'node:buffer'

/** The choices of one mutation. */
export interface Choices {
  readonly at: number
  readonly length: number
  readonly byte: number
  /** Another input. */
  readonly other: Uint8Array
}

type Mutation = (data: Uint8Array, choices: Choices) => Uint8Array

/** The parts of an input before, at and after a place. */
function cut(data: Uint8Array, { at, length }: Choices): [Uint8Array, Uint8Array, Uint8Array] {
  const start = at % (data.length + 1)
  const end = start + length
  return [data.subarray(0, start), data.subarray(start, end), data.subarray(end)]
}

function changeByte(data: Uint8Array, at: number, change: (byte: number) => number): Uint8Array {
  const index = at % data.length
  return data.map((byte, i) => (i === index ? change(byte) : byte))
}

/** Changes that keep most of a valid input: to bytes, to a part, and to the order. */
export const MUTATIONS: readonly Mutation[] = [
  (data, { at, byte }) => changeByte(data, at, () => byte),
  (data, { at, byte }) => changeByte(data, at, (old) => old ^ (1 << (byte % 8))),
  (data, choices) => cut(data, choices)[0],
  (data, choices) => {
    const [before, , after] = cut(data, choices)
    return Buffer.concat([before, after])
  },
  (data, choices) => {
    const [before, part, after] = cut(data, choices)
    return Buffer.concat([before, part, part, after])
  },
  (data, choices) => {
    const [before, part, after] = cut(data, choices)
    return Buffer.concat([before, Buffer.of(choices.byte), part, after])
  },
  (data, choices) => Buffer.concat([cut(data, choices)[0], cut(choices.other, choices)[2]]),
  (data, choices) => {
    const [before, part, after] = cut(data, choices)
    const [, inserted] = cut(choices.other, { ...choices, at: choices.at + choices.byte })
    return Buffer.concat([before, inserted, part, after])
  },
  (data, { byte, other }) => Buffer.concat([data, Buffer.of(byte), other]),
]
