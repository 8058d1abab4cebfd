import { ChatonError } from '../../kit/errors.ts'
import { textOf } from '../../kit/http-stream.ts'
import { refusal, type Remote } from '../remote.ts'
import type { ReadManyOptions, ZipMember } from './contract.ts'
import { readZip } from './zip/reader.ts'
import { zipRequests, type Wanted, type ZipRequest } from './zip/requests.ts'

const patienceMs = 600_000

export async function* readMany(remote: Remote, wanted: Wanted, memory?: ReadManyOptions['memory']): AsyncGenerator<ZipMember> {
  for (const request of zipRequests(remote.uid, wanted)) yield* await readArchive(remote, request, { folder: wanted.folder, memory })
}

async function readArchive(remote: Remote, { address, members }: ZipRequest, { folder, memory }: { readonly folder: string; readonly memory: ReadManyOptions['memory'] }): Promise<ZipMember[]> {
  const answer = await remote.send(address, { headers: { accept: 'application/zip' }, idleTimeoutMs: patienceMs })
  if (answer.status !== 200) throw refusal(`reading many files of "${folder}"`, { ...answer, text: await textOf(answer) })
  if (!(answer.headers['content-type'] ?? '').startsWith('application/zip')) {
    answer.body.destroy()
    throw new ChatonError('remote-failed', `asked for "${folder}" as a zip, the server sends ${answer.headers['content-type'] ?? 'something else'}`, { data: { status: 200 } })
  }
  const memberOf = (name: string) => members.get(name.normalize('NFC'))
  const contents = await readZip(answer.body, (name) => memberOf(name)?.size, memory)
  return [...contents].flatMap(([name, bytes]) => {
    const member = memberOf(name)
    return member === undefined ? [] : [{ path: member.path, bytes }]
  })
}
