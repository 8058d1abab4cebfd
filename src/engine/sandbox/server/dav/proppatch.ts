import type { Node } from '../../space/tree.ts'
import { readText, type SignedIn } from '../exchange.ts'
import { badRequest, type Reply } from '../reply.ts'
import { escapeXml, find, multistatus, parseXml, tag, type Element } from '../xml.ts'
import { hrefOf } from './names.ts'
import { fileProperties } from './properties.ts'
import { existingNode, type Target } from './target.ts'

type Setter = (exchange: SignedIn, node: Node, value: string | undefined) => void

const column =
  (sql: string): Setter =>
  ({ room }, node, value) => {
    room.database.run(sql, Number(value ?? 0), node.id)
  }

const setters: Readonly<Record<string, Setter>> = {
  '{DAV:}lastmodified': column('UPDATE nodes SET mtime = ? WHERE id = ?'),
  '{DAV:}getlastmodified': (exchange, node, value) => {
    const milliseconds = Date.parse(value ?? '')
    if (!Number.isNaN(milliseconds)) exchange.room.database.run('UPDATE nodes SET mtime = ? WHERE id = ?', Math.floor(milliseconds / 1000), node.id)
  },
  '{http://owncloud.org/ns}favorite': column('UPDATE nodes SET favorite = ? <> 0 WHERE id = ?'),
  '{http://nextcloud.org/ns}creation_time': column('UPDATE nodes SET created = ? WHERE id = ?'),
}

/** Sets times and favourites; keeps properties it does not know; swallows those that are computed, as Nextcloud does. */
export async function proppatch(exchange: SignedIn, target: Target): Promise<Reply> {
  const root = parseXml(await readText(exchange))
  if (root.name !== '{DAV:}propertyupdate') throw badRequest(`Expected a {DAV:}propertyupdate, not ${root.name}`)
  const node = existingNode(exchange, target)
  const done = exchange.room.mutate(() => root.children.flatMap((change) => apply(exchange, node, change)))
  const href = escapeXml(hrefOf([...target.base, ...target.names], node.directory === 1))
  const props = done.map((name) => tag(name)).join('')
  return multistatus([`<d:response><d:href>${href}</d:href><d:propstat><d:prop>${props}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`])
}

function apply(exchange: SignedIn, node: Node, change: Element): string[] {
  const removing = change.name === '{DAV:}remove'
  return (find(change, '{DAV:}prop')?.children ?? []).map((property) => {
    const { database } = exchange.room
    const setter = setters[property.name]
    if (setter) setter(exchange, node, removing ? undefined : property.text.trim())
    else if (removing) database.run('DELETE FROM properties WHERE node = ? AND name = ?', node.id, property.name)
    else if (!(property.name in fileProperties)) {
      database.run('INSERT OR REPLACE INTO properties (node, name, value) VALUES (?, ?, ?)', node.id, property.name, property.text)
    }
    return property.name
  })
}
