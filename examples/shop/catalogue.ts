/** One thing for sale. Prices are in cents. */
export interface Product {
  readonly id: string
  readonly name: string
  readonly note: string
  readonly price: number
}

export const products: readonly Product[] = [
  { id: 'mug', name: 'Morning mug', note: 'Holds a generous 350 ml', price: 2400 },
  { id: 'teapot', name: 'Round teapot', note: 'Pours without a drip', price: 6800 },
  { id: 'bowl', name: 'Noodle bowl', note: 'Deep, wide, stackable', price: 2900 },
  { id: 'plate', name: 'Supper plate', note: '26 cm with a raised rim', price: 2600 },
  { id: 'vase', name: 'Bud vase', note: 'For one good stem', price: 3400 },
  { id: 'jug', name: 'Water jug', note: 'One litre, easy handle', price: 4900 },
  { id: 'jar', name: 'Pantry jar', note: 'Lid fits like a glove', price: 3800 },
  { id: 'candle', name: 'Candle dish', note: 'Catches every drop', price: 1900 },
]

export function findProduct(id: string): Product | undefined {
  return products.find((product) => product.id === id)
}

const euros = new Intl.NumberFormat('en', { style: 'currency', currency: 'EUR' })

export function formatPrice(cents: number): string {
  return euros.format(cents / 100)
}
