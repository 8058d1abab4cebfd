import { elementXml, escapeXml, find, type Element } from '../../xml.ts'

export interface AskedSettings {
  /** Undefined: not named. */
  readonly title: string | undefined
  /** The others by name, as XML. */
  readonly properties: Readonly<Record<string, string>>
  /** All that were named. */
  readonly names: readonly string[]
}

/** What a `mkcol` or a `propertyupdate` sets. */
export function settingsOf(root: Element | undefined): AskedSettings {
  const asked = (root?.children ?? []).filter(({ name }) => name === '{DAV:}set').flatMap((set) => find(set, '{DAV:}prop')?.children ?? [])
  const others = asked.filter(({ name }) => name !== '{DAV:}displayname')
  return {
    title: asked.find(({ name }) => name === '{DAV:}displayname')?.text,
    properties: Object.fromEntries(others.map((property) => [property.name, innerXml(property)])),
    names: asked.map(({ name }) => name),
  }
}

const innerXml = ({ children, text }: Element): string => (children.length === 0 ? escapeXml(text) : children.map(elementXml).join(''))
