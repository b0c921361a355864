/** What the pages may load and where their forms may go: this site only, and no scripts at all. */
export const contentSecurityPolicy = {
  defaultSrc: ["'none'"],
  styleSrc: ["'self'"],
  imgSrc: ["'self'"],
  formAction: ["'self'"],
  baseUri: ["'none'"],
  frameAncestors: ["'none'"],
}

/**
 * Pages are about one visitor. Without this, the back button brings them out of the browser's back-forward cache after
 * the visitor has signed out.
 */
export const pageCaching = { 'Cache-Control': 'no-store' }
