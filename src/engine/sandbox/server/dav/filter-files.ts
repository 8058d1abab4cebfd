import type { Node } from '../../space/tree.ts'
import { readText, type SignedIn } from '../exchange.ts'
import { DavError, type Reply } from '../reply.ts'
import { find, multistatus, parseXml, responseXml } from '../xml.ts'
import { hrefOf } from './names.ts'
import { propertiesOf, wantsMinimal } from './propfind.ts'
import { existingNode, type Target } from './target.ts'

const oc = (name: string): string => `{http://owncloud.org/ns}${name}`

/** `REPORT` with `oc:filter-files`: the favourites below a directory; other rules are not known here. */
export async function filterFiles(exchange: SignedIn, target: Target): Promise<Reply> {
  const question = parseXml(await readText(exchange))
  if (question.name !== oc('filter-files')) throw new DavError(415, 'Sabre\\DAV\\Exception\\ReportNotSupported', '')
  const rules = find(question, oc('filter-rules'))?.children ?? []
  if (rules.length !== 1 || rules[0]?.name !== oc('favorite')) throw new DavError(400, 'Sabre\\DAV\\Exception\\BadRequest', 'Missing filter-rule block in request')
  const asked = find(question, '{DAV:}prop')?.children.map(({ name }) => name) ?? []
  const { tree, database } = exchange.room
  const below = existingNode(exchange, target)
  const favourites = database.all<Node>('SELECT * FROM nodes WHERE uid = ? AND favorite = 1 ORDER BY id', exchange.account.uid)
  const responses = favourites.flatMap((node) => {
    const names = tree.names(node)
    const inside = tree.find(target.root, names)?.id === node.id && target.names.every((name, index) => names[index] === name) && node.id !== below.id
    return inside ? [responseXml({ href: hrefOf([...target.base, ...names], node.directory === 1), ...propertiesOf(exchange, node, asked, wantsMinimal(exchange)) })] : []
  })
  return multistatus(responses)
}
