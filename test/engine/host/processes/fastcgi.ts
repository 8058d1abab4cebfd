import { connect } from 'node:net'

const begin = 1
const endRequest = 3
const params = 4
const stdin = 5
const stdout = 6

/** FastCGI 1.0, section 3.3: version, type, request id 1, length, no padding. */
function record(type: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]), content])
}

function length(bytes: number): Buffer {
  if (bytes < 128) return Buffer.from([bytes])
  const long = Buffer.alloc(4)
  long.writeUInt32BE(bytes + 0x8000_0000)
  return long
}

function pair(name: string, value: string): Buffer {
  const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)]
  return Buffer.concat([length(nameBytes.length), length(valueBytes.length), nameBytes, valueBytes])
}

/** Runs a script through PHP-FPM's socket, as a web server would; answers what it prints, headers first. */
export async function runInFpm(socket: string, script: string, query: Readonly<Record<string, string>> = {}): Promise<string> {
  const environment = {
    GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: 'GET',
    SCRIPT_FILENAME: script,
    SCRIPT_NAME: '/script.php',
    QUERY_STRING: new URLSearchParams(query).toString(),
    SERVER_PROTOCOL: 'HTTP/1.1',
  }
  const pairs = Buffer.concat(Object.entries(environment).map(([name, value]) => pair(name, value)))
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const stream = connect({ path: socket })
    stream.setTimeout(60_000, () => stream.destroy(new Error('no answer from PHP-FPM within a minute')))
    stream.on('data', (chunk) => chunks.push(chunk))
    stream.on('error', reject)
    stream.on('close', () => resolve(outputOf(Buffer.concat(chunks))))
    // Role 1 is the responder; no flag: the connection is closed after the answer.
    stream.write(Buffer.concat([record(begin, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])), record(params, pairs), record(params, Buffer.alloc(0)), record(stdin, Buffer.alloc(0))]))
  })
}

function outputOf(bytes: Buffer): string {
  const parts: Buffer[] = []
  for (let at = 0; at + 8 <= bytes.length; ) {
    const type = bytes[at + 1]
    const size = bytes.readUInt16BE(at + 4)
    if (type === stdout) parts.push(bytes.subarray(at + 8, at + 8 + size))
    if (type === endRequest) break
    at += 8 + size + (bytes[at + 6] ?? 0)
  }
  return Buffer.concat(parts).toString('utf8')
}

/** The JSON that a script printed after its headers. */
export function bodyOf(output: string): unknown {
  const start = output.indexOf('\r\n\r\n')
  return JSON.parse(output.slice(start + 4))
}
