import { reply, type Reply } from '../reply.ts'
import { escapeXml } from '../xml.ts'

/** A small page without scripts; `body` is HTML. */
export function page(status: number, title: string, body: string, headers: Readonly<Record<string, string>> = {}): Reply {
  const html = `<!DOCTYPE html>
<html lang="fr"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${escapeXml(title)}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1rem;color:#222}input,button{font:inherit;padding:.4rem;margin:.3rem 0}label{display:block}</style>
</head><body><h1>${escapeXml(title)}</h1>
${body}
<hr><p><small>Ceci est un bac à sable de chaton, pas un Nextcloud. / <span lang="en">This is a sandbox of chaton, not a Nextcloud.</span></small></p></body></html>
`
  const safe = { 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'", 'referrer-policy': 'no-referrer' }
  return reply(status, { 'content-type': 'text/html; charset=UTF-8', ...safe, ...headers }, html)
}

export function suspendedPage(title: string): Reply {
  return page(
    503,
    title,
    `<p>Cet espace est suspendu par son hébergeur. Les fichiers et les comptes sont conservés.</p>
<p lang="en">This space is suspended by its hoster. Files and accounts are kept.</p>`,
    { 'retry-after': '3600' },
  )
}
