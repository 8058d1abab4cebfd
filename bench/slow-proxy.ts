import { connect, createServer, type Socket } from 'node:net'

/** Bytes on their way in one direction; a network holds about so many. */
const mostOnTheWay = 16 * 2 ** 20

/**
 * `node slow-proxy.ts <port> <target port> <milliseconds>`: passes connections on to a port of this machine, each byte so much later in
 * either direction, as if the server stood far away. The bandwidth stays what it is. Says "ready" when it listens.
 */
const [port = 0, target = 0, milliseconds = 0] = process.argv.slice(2).map(Number)

createServer({ noDelay: true }, (client) => {
  const server = connect({ port: target, host: '127.0.0.1', noDelay: true })
  late(client, server)
  late(server, client)
}).listen(port, '127.0.0.1', () => console.log('ready'))

/** Timers of one length fire in the order in which they were set: so do the bytes. */
function late(from: Socket, to: Socket): void {
  let onTheWay = 0
  from.on('data', (chunk: Buffer) => {
    onTheWay += chunk.length
    if (onTheWay > mostOnTheWay) from.pause()
    setTimeout(() => {
      to.write(chunk, () => {
        onTheWay -= chunk.length
        if (onTheWay <= mostOnTheWay) from.resume()
      })
    }, milliseconds)
  })
  from.on('end', () => setTimeout(() => to.end(), milliseconds))
  from.on('error', () => setTimeout(() => to.destroy(), milliseconds))
  from.on('close', () => setTimeout(() => to.end(), milliseconds))
}
