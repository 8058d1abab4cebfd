import transliterate from '@sindresorhus/transliterate'
import { z } from 'zod'

/** Names that would confuse people or servers when they stand before the hoster's domain. */
export const reservedSlugs: ReadonlySet<string> = new Set(
  (
    'abuse admin administrator api app apps autoconfig autodiscover blog cdn chaton cloud collabora contact dav dev dns ' +
    'entraide forum ftp git golden help hostmaster imap info localhost mail mta mx noreply ns ns1 ns2 office onlyoffice ' +
    'pop portal portail postmaster root security server smtp ssl staging statistics stats status support system test ' +
    'webmail webmaster wiki www'
  ).split(' '),
)

export type SlugVerdict =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string; readonly suggestion: string | undefined }

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/** The nearest valid slug, or `undefined` where nothing is left: "Jardin Partagé" gives "jardin-partage", "Admin" gives "collectif-admin". */
export function suggestSlug(text: string): string | undefined {
  const slug = transliterate(text)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, 63)
    .replace(/-$/, '')
  if (reservedSlugs.has(slug)) return `collectif-${slug}`
  return slug === '' ? undefined : slug
}

/** A slug is one DNS label (RFC 1035, RFC 5891: no "--" in places 3 and 4) that is not reserved. Pure. */
export function judgeSlug(slug: string): SlugVerdict {
  if (reservedSlugs.has(slug)) {
    return { ok: false, reason: `"${slug}" is a reserved name`, suggestion: suggestSlug(slug) }
  }
  if (!label.test(slug) || slug.slice(2, 4) === '--') {
    const reason = `"${slug}" cannot be a sub-domain: use 1 to 63 lower-case letters a-z, digits and hyphens`
    return { ok: false, reason, suggestion: suggestSlug(slug) }
  }
  return { ok: true }
}

export const Slug = z
  .string()
  .check((context) => {
    const verdict = judgeSlug(context.value)
    if (verdict.ok) return
    const hint = verdict.suggestion === undefined ? '' : `; for example "${verdict.suggestion}"`
    context.issues.push({ code: 'custom', message: `${verdict.reason}${hint}`, input: context.value })
  })
  .meta({
    description: "The collective's name in addresses: one DNS label, lower case.",
    pattern: label.source,
    examples: ['jardin-partage'],
  })
