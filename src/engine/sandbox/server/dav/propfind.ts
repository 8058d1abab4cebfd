import type { Node } from '../../space/tree.ts'
import { header, readText, type SignedIn } from '../exchange.ts'
import type { Reply } from '../reply.ts'
import { multistatus, responseXml } from '../xml.ts'
import { hrefOf } from './names.ts'
import { askedProperties, fileProperties, pick, storedProperty, usualFileProperties, type Picked } from './properties.ts'
import { existingNode, type Target } from './target.ts'

export type Depth = 0 | 1 | 'infinity'

export function depthOf(exchange: SignedIn): Depth {
  const text = header(exchange, 'depth') ?? 'infinity'
  return text === '0' ? 0 : text === '1' ? 1 : 'infinity'
}

export const wantsMinimal = (exchange: SignedIn): boolean => /return[=-]minimal/.test(header(exchange, 'prefer') ?? '') || header(exchange, 'brief') === 't'

/** Answers for files and directories. */
export async function propfind(exchange: SignedIn, target: Target): Promise<Reply> {
  const asked = askedProperties(await readText(exchange))
  const minimal = wantsMinimal(exchange)
  const responses: string[] = []
  const tell = (node: Node, names: readonly string[], depth: Depth): void => {
    responses.push(responseXml({ href: hrefOf([...target.base, ...names], node.directory === 1), ...propertiesOf(exchange, node, asked, minimal) }))
    if (depth === 0 || node.directory === 0) return
    for (const child of exchange.room.tree.children(node)) tell(child, [...names, child.name], depth === 1 ? 0 : 'infinity')
  }
  tell(existingNode(exchange, target), target.names, depthOf(exchange))
  return multistatus(responses)
}

export function propertiesOf(exchange: SignedIn, node: Node, asked: readonly string[] | undefined, minimal: boolean): Picked {
  const give = (name: string): string | undefined => {
    const known = fileProperties[name]
    return known === undefined ? storedProperty(exchange, node, name) : known(node, exchange)
  }
  return pick(give, asked, usualFileProperties, minimal)
}
