import { open } from 'node:fs/promises'
import { ChatonError } from './errors.ts'

export interface DownloadOptions {
  readonly signal?: AbortSignal
  /** Called now and then; `totalBytes` is undefined where the server does not say. */
  readonly onProgress?: (doneBytes: number, totalBytes: number | undefined) => void
  /** Gives up when nothing arrives for so long. Default 60 s. */
  readonly idleTimeoutMs?: number
}

/** The one door to HTTP for files: writes the body to the new file `path`. Another status than 200 throws `not-found` (404) or `remote-failed`. */
export async function download(url: string, path: string, options: DownloadOptions = {}): Promise<void> {
  const idle = new AbortController()
  const idleTimeoutMs = options.idleTimeoutMs ?? 60_000
  const timer = setTimeout(() => idle.abort(new Error(`nothing arrived for ${idleTimeoutMs / 1000} s`)), idleTimeoutMs)
  const signal = options.signal ? AbortSignal.any([options.signal, idle.signal]) : idle.signal
  try {
    const response = await fetch(url, { signal })
    if (response.status !== 200) throw refused(url, response.status)
    await save(response, path, (done, total) => {
      timer.refresh()
      options.onProgress?.(done, total)
    })
  } catch (error) {
    if (error instanceof ChatonError) throw error
    if (options.signal?.aborted) throw new ChatonError('interrupted', `the download of ${url} was stopped`, { cause: error })
    throw new ChatonError('remote-failed', `the download of ${url} failed: ${reasonOf(error)}`, { retryable: true, cause: error })
  } finally {
    clearTimeout(timer)
  }
}

async function save(response: Response, path: string, onProgress: NonNullable<DownloadOptions['onProgress']>): Promise<void> {
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length')
  const total = length === null ? undefined : Number(length)
  await using file = await open(path, 'wx', 0o600)
  let done = 0
  for await (const chunk of response.body ?? []) {
    await file.writeFile(chunk)
    done += chunk.length
    onProgress(done, total)
  }
  await file.sync()
  if (total !== undefined && done !== total) throw new Error(`${done} of ${total} bytes arrived`)
}

/** fetch hides the cause of a failure one level down. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}

function refused(url: string, status: number): ChatonError {
  if (status === 404) return new ChatonError('not-found', `${new URL(url).host} has no file ${url}`)
  return new ChatonError('remote-failed', `${url} answered ${status}`, { retryable: status >= 500 || status === 429 })
}
