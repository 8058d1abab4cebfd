import { Readable } from 'node:stream'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readMultistatus, type DavResponse } from '../../src/nextcloud/multistatus.ts'
import { failureOf } from '../support/failures.ts'

const open = '<?xml version="1.0"?>\n<d:multistatus xmlns:d="DAV:" xmlns:oc="http://owncloud.org/ns">'
const close = '</d:multistatus>\n'
const response = (href: string, props = ''): string => `<d:response><d:href>${href}</d:href><d:propstat><d:prop>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`

/** In pieces of `size` bytes, also in the middle of a character. */
function pieces(text: string, size = 1 << 20): Readable {
  const bytes = Buffer.from(text)
  return Readable.from(Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size)))
}
async function read(text: string, size?: number): Promise<DavResponse[]> {
  const found: DavResponse[] = []
  for await (const one of readMultistatus(pieces(text, size))) found.push(one)
  return found
}

describe('src/nextcloud/multistatus', () => {
  const text = `${open}${response('/a%20b/', '<d:resourcetype><d:collection/></d:resourcetype><oc:note>é &amp;amp; &#233;&#x1F600;&lt;x&gt; </oc:note><oc:empty/>')}
<d:response><d:href>/gone</d:href><d:status>HTTP/1.1 404 Not Found</d:status></d:response>${close}`

  it.each([1, 2, 3, 7, 64, 1 << 20])('reads it in pieces of %i bytes', async (size) => {
    const [first, second, ...others] = await read(text, size)
    expect(first).toEqual({ href: '/a%20b/', status: undefined, props: { resourcetype: { collection: '' }, note: 'é &amp; é😀<x> ', empty: '' }, refused: {} })
    expect(second).toEqual({ href: '/gone', status: 404, props: {}, refused: {} })
    expect(others).toEqual([])
  })

  it('parts what was found from what was refused', async () => {
    const mixed = response('/a', '<d:getetag>"x"</d:getetag>').replace('</d:response>', '<d:propstat><d:prop><oc:a/><oc:b/></d:prop><d:status>HTTP/1.1 403 Forbidden</d:status></d:propstat></d:response>')
    expect(await read(open + mixed + close)).toEqual([{ href: '/a', status: undefined, props: { getetag: '"x"' }, refused: { a: 403, b: 403 } }])
  })

  it('takes another prefix for DAV:, or none', async () => {
    for (const [tag, name] of [['D:', 'xmlns:D'], ['', 'xmlns'], ['lp1.x-y:', 'xmlns:lp1.x-y']] as const) {
      expect(await read(`<${tag}multistatus ${name}="DAV:"><${tag}response><${tag}href>/x</${tag}href></${tag}response></${tag}multistatus>`)).toMatchObject([{ href: '/x' }])
    }
  })

  it('reads an empty list', async () => {
    expect(await read(open + close)).toEqual([])
  })

  it('does not end a response inside a CDATA section', async () => {
    expect(await read(`${open}${response('/x', '<oc:data><![CDATA[a</d:response><d:response>&amp;]]></oc:data>')}${close}`, 5)).toMatchObject([{ href: '/x', props: { data: 'a</d:response><d:response>&amp;' } }])
  })

  it('hands out what came before it breaks off, and says so', async () => {
    const found: string[] = []
    const broken = async (): Promise<void> => {
      for await (const { href } of readMultistatus(pieces(open + response('/one') + response('/two').slice(0, -20)))) found.push(href)
    }
    expect(await failureOf(broken())).toMatchObject({ code: 'remote-failed', retryable: true })
    expect(found).toEqual(['/one'])
  })

  it.each([
    ['nothing', ''],
    ['a web page', '<!DOCTYPE html><html><body>Sign in to the Wi-Fi</body></html>'],
    ['JSON', '{"ocs":{}}'],
    ['no end', open],
    ['a list in another', '<html><d:response><d:href>/x</d:href></d:response></html>'],
  ])('refuses %s', async (_title, body) => {
    expect(await failureOf(read(body))).toMatchObject({ code: 'remote-failed', retryable: true })
  })

  it('passes on what a server says when it breaks off', async () => {
    const error = await failureOf(read(`${open}${response('/one')}<d:error xmlns:s="http://sabredav.org/ns"><s:exception>X</s:exception><s:message>Out of memory</s:message></d:error>`))
    expect(error.message).toContain('Out of memory')
  })

  it('knows no entities of a document type, so none can grow', async () => {
    const bomb = '<!DOCTYPE d [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    expect(await read(bomb + open.replace(/<\?.*\?>/, '') + response('/x', '<oc:note>&b;</oc:note>') + close)).toMatchObject([{ props: { note: '&b;' } }])
  })

  it('never makes an object of names like __proto__', async () => {
    const found = await read(open + response('/x', '<oc:__proto__><oc:polluted>1</oc:polluted></oc:__proto__><oc:constructor>2</oc:constructor>') + close).catch(() => [])
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined()
    expect(found.every(({ props }) => Object.getPrototypeOf(props) === Object.prototype)).toBe(true)
  })

  it('reads any text back, however it is cut', async () => {
    const escape = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;')
    // oxlint-disable-next-line no-control-regex
    const words = fc.string({ unit: 'grapheme' }).map((value) => value.replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '')).filter((value) => value.trim() !== '')
    await fc.assert(
      fc.asyncProperty(words, fc.integer({ min: 1, max: 40 }), async (value, size) => {
        const [found] = await read(open + response('/x', `<oc:note>${escape(value)}</oc:note>`) + close, size)
        expect(found?.props['note']).toBe(value)
      }),
      { numRuns: 60 },
    )
  })

  it('hands out while it reads: the list is never in memory as a whole', async () => {
    const block = response('/remote.php/dav/files/ann/file%20with%20a%20name.txt', '<d:getetag>"0123456789abcdef0123456789abcdef"</d:getetag>')
    let sent = 0
    function* many(): Generator<Buffer> {
      yield Buffer.from(open)
      for (; sent < 20_000; sent += 100) yield Buffer.from(block.repeat(100))
      yield Buffer.from(close)
    }
    let count = 0
    let ahead = 0
    for await (const _one of readMultistatus(Readable.from(many(), { highWaterMark: 1 }))) {
      count += 1
      ahead = Math.max(ahead, sent - count)
    }
    expect(count).toBe(20_000)
    expect(ahead).toBeLessThan(500)
  })
})
