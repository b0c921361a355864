/**
 * The secrets in the variable SESSION_SECRET: several are separated by commas, newest first.
 *
 * Without any this throws, because a storage without secrets would send cookies that their holders can read and change.
 */
export function parseSecrets(variable: string | undefined): string[] {
  if (variable === undefined || variable.trim() === '') {
    throw new Error(
      'SESSION_SECRET is not set. Make one with `openssl rand -base64 32` and set it: `wrangler secret put SESSION_SECRET` on Workers, an environment variable elsewhere.',
    )
  }
  return variable.split(',').map((secret) => secret.trim())
}
