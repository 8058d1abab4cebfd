import { askDav } from '../groupware/ask.ts'
import { textIn, type DavResponse } from '../multistatus.ts'
import { refusal, sendForText, type Remote } from '../remote.ts'
import type { FileComment, RemoteComments } from './contract.ts'

/** A server answers no more at once (CommentsPlugin.php). */
const pageSize = 100

const homeOf = (fileId: string): string => `/remote.php/dav/comments/files/${encodeURIComponent(fileId)}`

/** Comments over WebDAV (apps/dav/lib/Comments). */
export function openComments(remote: Remote): RemoteComments {
  return {
    on: async (fileId) => await commentsOn(remote, fileId),
    async add(fileId, message) {
      const body = JSON.stringify({ actorType: 'users', verb: 'comment', message })
      const answer = await sendForText(remote, homeOf(fileId), { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const id = /(\d+)\/?$/.exec(answer.headers['content-location'] ?? '')?.[1]
      if (answer.status !== 201 || id === undefined) throw refusal('writing a comment', answer)
      return id
    },
    async remove(fileId, id) {
      const answer = await sendForText(remote, `${homeOf(fileId)}/${encodeURIComponent(id)}`, { method: 'DELETE' })
      if (![200, 204, 404].includes(answer.status)) throw refusal('deleting a comment', answer)
    },
  }
}

async function commentsOn(remote: Remote, fileId: string): Promise<FileComment[]> {
  const found = new Map<string, FileComment>()
  for (let offset = 0; ; offset += pageSize) {
    const body = `<?xml version="1.0"?><oc:filter-comments xmlns:oc="http://owncloud.org/ns"><oc:limit>${pageSize}</oc:limit><oc:offset>${offset}</oc:offset></oc:filter-comments>`
    const { responses } = await askDav(remote, homeOf(fileId), { method: 'REPORT', depth: '1', body, what: 'listing comments' })
    for (const comment of responses.map(commentOf)) found.set(comment.id, comment)
    if (responses.length < pageSize) break
  }
  return [...found.values()].toSorted((a, b) => a.createdAt.getTime() - b.createdAt.getTime() || Number(a.id) - Number(b.id))
}

function commentOf({ props }: DavResponse): FileComment {
  const text = (name: string): string => textIn(props[name])
  const name = text('actorDisplayName').trim()
  return {
    id: text('id'),
    message: text('message'),
    verb: text('verb'),
    actorType: text('actorType'),
    actorId: text('actorId'),
    actorName: name === '' ? undefined : name,
    createdAt: new Date(text('creationDateTime')),
  }
}
