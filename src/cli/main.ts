#!/usr/bin/env node
import { run } from './run.ts'

const code = await run(process.argv.slice(2))
// The module that `purge` imports may hold a connection open. What was printed goes out first.
process.stdout.write('', () => process.exit(code))
