export const SECRET = 'a secret for tests that is long enough'
export const OLD_SECRET = 'an older secret for tests that is long enough'
