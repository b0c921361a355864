/** Where the tarball is unpacked: below the repository, so that the peers are found in its node_modules. */
export const PACKAGE = '.vitest/package'

/** Where the reports are, one a run; .ci/run adds them up. */
export const REPORTS = '.vitest/runtimes'

export function reportOf(run: string): string {
  return `${REPORTS}/${run}.json`
}
