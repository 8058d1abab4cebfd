import Handlebars from 'handlebars'
import type { Config } from '../../../config/options.ts'
import { ChatonError } from '../../../kit/errors.ts'
import type { HostSpace } from '../names.ts'
import type { SiteMode } from '../parts.ts'
import { pinnedAppsUrl } from '../settings.ts'
import { hostTemplate, plainPath, renderHostTemplate } from '../template.ts'

type SiteConfig = Pick<Config, 'webMode' | 'hosterName' | 'hosterSupport'>

/** File types of a release tree that browsers ask for. Nothing else of it is served as a file. */
const extensions = 'css|js|mjs|map|json|svg|gif|png|jpe?g|webp|avif|ico|wasm|tflite|ogg|flac|mp3|mp4|webm|otf|ttf|eot|woff2?|html|txt|pdf|bcmap|properties|ftl|webmanifest|vtt|md'

/** First address of a site block. Throws `bug` for a target that has none in this mode. */
export function siteAddress(config: Pick<Config, 'webMode'>, target: HostSpace['target']): string {
  if (config.webMode !== 'loopback') return `https://${target.domain}`
  if (target.port === undefined) throw new ChatonError('bug', `the space "${target.slug}" has no loopback port, and web.mode is "loopback"`)
  // Any Host is taken: Nextcloud itself refuses those it does not trust.
  return `http://:${target.port}`
}

/** The site file of a space. */
export async function siteFile(config: SiteConfig, space: HostSpace, mode: SiteMode): Promise<string> {
  const common = {
    slug: space.target.slug,
    address: siteAddress(config, space.target),
    loopback: config.webMode === 'loopback',
    internal: config.webMode === 'internal',
  }
  if (mode === 'suspended') return renderHostTemplate('caddy-site-suspended.hbs', { ...common, page: await suspendedPage(config) })
  return renderHostTemplate('caddy-site-live.hbs', {
    ...common,
    release: plainPath(space.release),
    apps: plainPath(space.paths.apps),
    socket: plainPath(space.paths.phpSocket),
    uploadMaxBytes: space.target.php.uploadMaxBytes,
    pinnedUrl: pinnedAppsUrl,
    extensions,
  })
}

/** HTML with the hoster's name and link; without the characters that end or start something in a Caddyfile. */
async function suspendedPage(config: SiteConfig): Promise<string> {
  const support = URL.canParse(config.hosterSupport) ? config.hosterSupport : ''
  const html = Handlebars.compile(await hostTemplate('suspended.html'), { strict: true })({ hoster: config.hosterName, support })
  return html.trim().replaceAll('`', '&#96;').replaceAll('{', '&#123;').replaceAll('}', '&#125;')
}

/** The mode that a site file was written for. */
export function modeOf(text: string): SiteMode {
  return /^# .*, suspended\.$/m.test(text.split('\n', 1)[0] ?? '') ? 'suspended' : 'live'
}
