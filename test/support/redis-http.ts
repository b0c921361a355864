import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

import { Redis } from 'ioredis'

export interface RedisHttp {
  readonly url: string
  readonly token: string
  /** How many commands were sent, and in how many requests. */
  readonly seen: { commands: number; requests: number }
  stop(): Promise<void>
}

type Command = [string, ...string[]]
type Answer = { result: unknown } | { error: string }

/**
 * A Redis behind the REST interface of Upstash, as its documentation has it: a command as the JSON of the body of a POST
 * to `/`, many to `/pipeline`, and answers in base64 where the client asks for that.
 */
export async function startRedisHttp(redisUrl: string): Promise<RedisHttp> {
  const token = crypto.randomUUID()
  const redis = new Redis(redisUrl)
  redis.on('error', () => {})
  const seen = { commands: 0, requests: 0 }

  async function answerTo(command: Command): Promise<Answer> {
    seen.commands++
    try {
      return { result: await redis.call(...command) }
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) }
    }
  }

  async function respond(request: IncomingMessage): Promise<[status: number, body: unknown]> {
    seen.requests++
    if (request.headers.authorization !== `Bearer ${token}`) return [401, { error: 'WRONGPASS' }]
    const isEncoded = request.headers['upstash-encoding'] === 'base64'
    const encode = (answer: Answer): Answer =>
      isEncoded && 'result' in answer ? { result: inBase64(answer.result) } : answer
    const body: unknown = JSON.parse(await textOf(request))
    if (request.url === '/pipeline') {
      const answers: Answer[] = []
      for (const command of body as Command[]) answers.push(encode(await answerTo(command)))
      return [200, answers]
    }
    const answer = await answerTo(body as Command)
    return ['error' in answer ? 400 : 200, encode(answer)]
  }

  const server = createServer(async (request, response) => {
    const failed = (error: unknown): [number, unknown] => [500, { error: String(error) }]
    const [status, body] = await respond(request).catch(failed)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    token,
    seen,
    async stop() {
      redis.disconnect()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function inBase64(result: unknown): unknown {
  if (Array.isArray(result)) return result.map(inBase64)
  return typeof result === 'string' && result !== 'OK'
    ? Buffer.from(result).toString('base64')
    : result
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
