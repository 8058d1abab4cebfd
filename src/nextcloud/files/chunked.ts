import { textOf } from '../../kit/http-stream.ts'
import { readMultistatus, textIn } from '../multistatus.ts'
import { refusal, sendForText, type Remote } from '../remote.ts'
import type { ChunkedUpload } from './contract.ts'
import { writtenIn } from './entry.ts'
import { addressOf, namesInHref } from './paths.ts'
import type { Manners } from './quirks.ts'
import { overHeaders, stagingFor, unstage } from './staged.ts'
import { timeHeaders } from './write.ts'

/** Without an object store, MOVE copies all parts into one file before it answers. */
const patienceMs = 1_800_000
const partsQuestion = '<?xml version="1.0"?><d:propfind xmlns:d="DAV:"><d:prop><d:getcontentlength/></d:prop></d:propfind>'

interface Upload {
  readonly id: string
  readonly target: string
  readonly manners: Pick<Manners, 'longestPut'>
}

/** Chunked upload, version 2 (developer manual, WebDAV/chunking; apps/dav/lib/Upload). */
export function chunkedUpload(remote: Remote, { id, target, manners }: Upload): ChunkedUpload {
  const staging = stagingFor(target, manners)
  const folder = addressOf(remote.uid, id, 'uploads')
  const place = remote.base + addressOf(remote.uid, staging ?? target)
  const headersFor = (totalBytes: number): Record<string, string> => ({ destination: place, 'oc-total-length': String(totalBytes) })

  return {
    async begin(totalBytes) {
      const answer = await sendForText(remote, folder, { method: 'MKCOL', headers: headersFor(totalBytes) })
      if (answer.status !== 201 && answer.status !== 405) throw refusal(`beginning the upload of "${target}"`, answer)
    },

    async parts() {
      const sizes = new Map<number, number>()
      const answer = await remote.send(folder, { method: 'PROPFIND', headers: { depth: '1', 'content-type': 'application/xml' }, body: partsQuestion })
      if (answer.status !== 207) {
        const text = await textOf(answer)
        if (answer.status === 404) return sizes
        throw refusal(`looking at the upload of "${target}"`, { ...answer, text })
      }
      for await (const { href, props } of readMultistatus(answer.body)) {
        const name = namesInHref(href)[1]
        if (name !== undefined && /^\d+$/.test(name)) sizes.set(Number(name), Number(textIn(props['getcontentlength'])))
      }
      return sizes
    },

    async put(part, body, totalBytes) {
      const name = String(part).padStart(5, '0')
      const headers = { ...headersFor(totalBytes), 'x-hash': 'md5' }
      const answer = await sendForText(remote, `${folder}/${name}`, { method: 'PUT', headers, body, idleTimeoutMs: patienceMs })
      if (answer.status === 201 || answer.status === 204) return answer.headers['x-hash-md5']?.toLowerCase()
      body.stream.destroy()
      throw refusal(`part ${part} of "${target}"`, answer)
    },

    async finish(totalBytes, options) {
      const headers = { ...headersFor(totalBytes), ...(staging === undefined ? overHeaders(options.over, place) : {}), ...timeHeaders(options) }
      const answer = await sendForText(remote, `${folder}/.file`, { method: 'MOVE', headers, idleTimeoutMs: patienceMs })
      if (answer.status !== 201 && answer.status !== 204) throw refusal(`finishing the upload of "${target}"`, answer)
      const written = writtenIn(answer)
      return staging === undefined ? written : { ...written, ...(await unstage(remote, { staging, path: target, over: options.over })) }
    },

    async abort() {
      const answer = await sendForText(remote, folder, { method: 'DELETE' })
      if (answer.status !== 204 && answer.status !== 404) throw refusal(`giving up the upload of "${target}"`, answer)
    },
  }
}

