import { createConnection } from 'node:net'

// FastCGI 1.0 specification, section 8.
const version = 1
const types = { begin: 1, parameters: 4, input: 5, output: 6 } as const
const responder = 1
const requestId = 1
const headerBytes = 8
const largestRecord = 65_535

function record(type: number, content: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeUInt8(version, 0)
  header.writeUInt8(type, 1)
  header.writeUInt16BE(requestId, 2)
  header.writeUInt16BE(content.length, 4)
  return Buffer.concat([header, content])
}

/** One byte for short lengths, else four with the highest bit set. */
function length(bytes: number): Buffer {
  if (bytes < 128) return Buffer.from([bytes])
  const long = Buffer.alloc(4)
  long.writeUInt32BE((bytes | 0x80_00_00_00) >>> 0)
  return long
}

/** Name-value pairs as FastCGI writes them. Pure. */
export function encodeParameters(parameters: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(parameters).map(([name, value]) => {
    const [key, text] = [Buffer.from(name), Buffer.from(value)]
    return Buffer.concat([length(key.length), length(text.length), key, text])
  })
  return Buffer.concat(pairs)
}

/** A whole request without a body. Pure. */
export function encodeRequest(parameters: Readonly<Record<string, string>>): Buffer {
  const encoded = encodeParameters(parameters)
  if (encoded.length > largestRecord) throw new RangeError('the parameters do not fit into one FastCGI record')
  const begin = Buffer.from([0, responder, 0, 0, 0, 0, 0, 0])
  return Buffer.concat([
    record(types.begin, begin),
    record(types.parameters, encoded),
    record(types.parameters, Buffer.alloc(0)),
    record(types.input, Buffer.alloc(0)),
  ])
}

/** Standard output of a response; what it wrote as errors is left out. Pure. */
export function decodeOutput(response: Buffer): Buffer {
  const parts: Buffer[] = []
  for (let at = 0; at + headerBytes <= response.length; ) {
    const size = response.readUInt16BE(at + 4)
    if (response.readUInt8(at + 1) === types.output) parts.push(response.subarray(at + headerBytes, at + headerBytes + size))
    at += headerBytes + size + response.readUInt8(at + 6)
  }
  return Buffer.concat(parts)
}

/** Sends one request to PHP-FPM on its Unix socket; resolves with the headers and body it answered. */
export async function askFastCgi(socket: string, parameters: Readonly<Record<string, string>>, timeoutMs: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const connection = createConnection(socket, () => connection.write(encodeRequest(parameters)))
    connection.setTimeout(timeoutMs, () => connection.destroy(new Error(`no answer within ${timeoutMs} ms`)))
    connection.on('data', (chunk) => chunks.push(chunk))
    connection.on('error', reject)
    connection.on('close', () => resolve(decodeOutput(Buffer.concat(chunks)).toString('utf8')))
  })
}
