import { platform } from 'node:os'

type Environment = Readonly<Record<string, string | undefined>>

/** Variables that a browser needs to find its display, its session and its profile. */
const needed = ['DISPLAY', 'WAYLAND_DISPLAY', 'XAUTHORITY', 'XDG_RUNTIME_DIR', 'XDG_CURRENT_DESKTOP', 'XDG_DATA_DIRS', 'DBUS_SESSION_BUS_ADDRESS', 'HOME', 'BROWSER', 'LANG']

/** The program that opens addresses here, or undefined where there is no display. Pure. */
export function browserOpener(system: string, environment: Environment): 'xdg-open' | 'open' | undefined {
  if (system === 'darwin') return environment['SSH_CONNECTION'] === undefined ? 'open' : undefined
  const display = environment['DISPLAY'] ?? environment['WAYLAND_DISPLAY']
  return display === undefined || display === '' ? undefined : 'xdg-open'
}

/** Opens a web address in the person's browser. False where there is none; the address must then be shown. */
export async function openInBrowser(url: string, environment: Environment): Promise<boolean> {
  const opener = browserOpener(platform(), environment)
  if (opener === undefined || !/^https?:\/\//.test(url)) return false
  const env = Object.fromEntries(needed.flatMap((name) => (environment[name] === undefined ? [] : [[name, environment[name]]])))
  // Loaded here only: a move that opens no browser saves the 6 MiB of what runs programs.
  const { spawnDetached } = await import('./exec.ts')
  return await spawnDetached(opener, [url], { env, logFile: '/dev/null' }).then(
    () => true,
    () => false,
  )
}
