import { defineConfig, type UserConfig } from 'tsdown'

const config: UserConfig = defineConfig({
  entry: [
    'src/index.ts',
    'src/testing/index.ts',
    'src/cli/main.ts',
    'src/storage/!(expiry-queue|redis-client|redis-index|session-object|sql-store).ts',
    'adapters/*.ts',
  ],
  root: '.',
  platform: 'neutral',
  format: 'esm',
  target: 'es2022',
  tsconfig: 'tsconfig.build.json',
  // File for file, so that a stack trace and an import both lead to the source's name.
  unbundle: true,
  deps: { neverBundle: [/^node:/] },
  dts: true,
  clean: true,
})

export default config
