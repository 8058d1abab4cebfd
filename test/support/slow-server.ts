import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SlowServer extends Disposable {
  readonly url: string
}

/** The same server, each of whose answers begins so much later. */
export async function slowServer(of: string, milliseconds: number): Promise<SlowServer> {
  const { hostname, port } = new URL(of)
  const server = createServer((asked, answer) => {
    const onward = request({ hostname, port, method: asked.method, path: asked.url, headers: asked.headers }, (reply) => {
      setTimeout(() => reply.pipe(answer.writeHead(reply.statusCode ?? 502, reply.headers)), milliseconds)
    })
    onward.on('error', () => answer.destroy())
    asked.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
