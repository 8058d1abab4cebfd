import { askFastCgi } from './fast-cgi.ts'
import type { HostSpace } from './names.ts'

interface Page {
  readonly script: string
  readonly pathInfo: string
  readonly method: string
}

/** What the first visitor and the health check ask for. Signed out: compiling the code is what takes long. */
const pages: readonly Page[] = [
  { script: 'status.php', pathInfo: '', method: 'GET' },
  { script: 'remote.php', pathInfo: '/dav/files/nobody/', method: 'PROPFIND' },
  { script: 'ocs/v2.php', pathInfo: '/cloud/user', method: 'GET' },
]

const timeoutMs = 20_000

function parametersOf(space: HostSpace, { script, pathInfo, method }: Page): Record<string, string> {
  return {
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_PROTOCOL: 'HTTP/1.1',
    SERVER_NAME: 'localhost',
    HTTP_HOST: 'localhost',
    SERVER_PORT: '80',
    REMOTE_ADDR: '127.0.0.1',
    REQUEST_METHOD: method,
    REQUEST_URI: `/${script}${pathInfo}`,
    SCRIPT_NAME: `/${script}`,
    SCRIPT_FILENAME: `${space.release}/${script}`,
    PATH_INFO: pathInfo,
    DOCUMENT_ROOT: space.release,
    HTTP_OCS_APIREQUEST: 'true',
    HTTP_DEPTH: '0',
  }
}

/** Lets the new PHP master compile Nextcloud while other steps go on, before anybody waits for it. Its answers do not matter. */
export async function warmUp(space: HostSpace): Promise<void> {
  for (const page of pages) await askFastCgi(space.paths.phpSocket, parametersOf(space, page), timeoutMs).catch(() => '')
}
