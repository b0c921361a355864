import { maxQuantity } from './cart.ts'
import { findProduct } from './catalogue.ts'
import type { Product } from './catalogue.ts'

export const maxNameLength = 40

/** The fields of a posted form. A body that is no such form gives fields that are missing, never an exception. */
export async function readForm(request: Request): Promise<URLSearchParams> {
  return new URLSearchParams(await request.text())
}

export function parseProduct(form: URLSearchParams): Product | undefined {
  return findProduct(form.get('product') ?? '')
}

/** A whole number from 0 to {@link maxQuantity}. */
export function parseQuantity(form: URLSearchParams): number | undefined {
  const text = form.get('quantity') ?? ''
  return /^\d{1,3}$/.test(text) && Number(text) <= maxQuantity ? Number(text) : undefined
}

/** What the visitor wants to be called, in one line; `undefined` where it is empty or too long. */
export function parseName(form: URLSearchParams): string | undefined {
  const name = (form.get('name') ?? '').replaceAll(/[\s\p{Cc}]+/gu, ' ').trim()
  return name === '' || [...name].length > maxNameLength ? undefined : name
}
