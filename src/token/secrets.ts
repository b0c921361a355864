import { isProduction, warnOnce } from '../util/environment.ts'
import { SessionError } from '../util/errors.ts'

const MIN_SECRET_LENGTH = 16

/** @throws SessionError `ERR_SESSION_CONFIG` for what is no secret, and in production for what can be guessed */
export function assertSecrets(secrets: readonly unknown[]): void {
  for (const secret of secrets) {
    if (typeof secret !== 'string' || secret === '') {
      refuse('A secret is empty or missing: give each as a random text of 32 characters or more.')
    }
    if (secret.length >= MIN_SECRET_LENGTH) continue
    const problem = `A secret of ${secret.length} characters can be guessed: use at least ${MIN_SECRET_LENGTH}, at random.`
    if (isProduction()) refuse(problem)
    warnOnce(problem)
  }
}

function refuse(problem: string): never {
  throw new SessionError('ERR_SESSION_CONFIG', problem)
}
