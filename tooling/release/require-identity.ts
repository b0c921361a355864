// Stops a publisher while something is not decided: `prepublishOnly` runs this before npm publishes.
import { requireIdentity } from './missing-identity.ts'

try {
  requireIdentity(process.cwd())
} catch (error) {
  console.error((error as Error).message)
  process.exitCode = 1
}
