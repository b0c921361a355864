import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

import { beforeAll } from 'vitest'

import { buildPackage, root } from './build.ts'
import { describeShop } from './scenarios.ts'
import type { OpenShop } from './scenarios.ts'

beforeAll(buildPackage)

const openServer: OpenShop = async (secret) => {
  const { SESSION_SECRET: _, ...env } = process.env
  const server = spawn(process.execPath, ['examples/node/server.ts'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
    // Port 0 is any that is free.
    env: { ...env, PORT: '0', NODE_ENV: 'production', ...(secret && { SESSION_SECRET: secret }) },
  })
  const exited = once(server, 'exit')
  try {
    return { url: await addressIn(server.stdout), stop }
  } catch (error) {
    await stop()
    throw error
  }

  async function stop(): Promise<void> {
    server.kill()
    await exited
  }
}

async function addressIn(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const address = /http:\S+/.exec(line)?.[0]
    if (address !== undefined) return address
  }
  throw new Error('The server ended before it said where it is.')
}

describeShop('the shop on Node', openServer)
