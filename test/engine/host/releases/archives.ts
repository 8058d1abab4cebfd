import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'

/** Every file without which a release does not run, and a few more. */
export async function makeTree(root: string, version: string, extra: Readonly<Record<string, string>> = {}): Promise<void> {
  const files: Record<string, string> = {
    'version.php': `<?php\n$OC_Version = array(${version.replaceAll('.', ',')},2);\n$OC_VersionString = '${version}';\n`,
    ...Object.fromEntries(
      ['index.php', 'remote.php', 'public.php', 'status.php', 'cron.php', 'console.php', 'occ', 'ocs/v2.php', 'lib/base.php', 'lib/private/Server.php', 'lib/public/IUser.php', 'core/templates/layout.php', '3rdparty/autoload.php', 'resources/config/mimetypemapping.dist.json', 'apps/dav/appinfo/info.xml', 'apps/files/appinfo/info.xml', 'apps/provisioning_api/appinfo/info.xml', 'dist/core-main.js', 'core/fonts/NotoSans-Regular.ttf', 'core/fonts/NotoSans-Bold.ttf'].map((name) => [name, name]),
    ),
    ...extra,
  }
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, name)), { recursive: true })
    await writeFile(join(root, name), content, { mode: 0o777 })
  }
}

export function infoXml(id: string, version: string, [min, max] = [28, 34]): string {
  return `<?xml version="1.0"?>\n<info><id>${id}</id><name lang="de">Kalender</name><name>Calendar</name><version>${version}</version><dependencies><nextcloud min-version="${min}" max-version="${max}"/></dependencies></info>`
}

export interface TarEntry {
  readonly name: string
  /** As in ustar: 0 file, 1 hard link, 2 symbolic link, 3 character device, 5 directory, 6 pipe. */
  readonly type?: '0' | '1' | '2' | '3' | '5' | '6'
  readonly link?: string
  readonly content?: string
}

/** A ustar archive with exactly these entries, also such as no honest program writes (POSIX.1-1988, ustar). */
export function rawTar(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap(({ name, type = '0', link = '', content = '' }) => {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write('0000777\0', 100)
    header.write('0000000\0', 108)
    header.write('0000000\0', 116)
    header.write(`${Buffer.byteLength(content).toString(8).padStart(11, '0')}\0`, 124)
    header.write('00000000000\0', 136)
    header.write('        ', 148)
    header.write(type, 156)
    header.write(link, 157)
    header.write('ustar\u000000', 257)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    const body = Buffer.alloc(Math.ceil(Buffer.byteLength(content) / 512) * 512)
    body.write(content)
    return [header, body]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

/** A zip archive of stored entries (PKWARE APPNOTE); `link` makes a symbolic link as Info-ZIP does. */
export function rawZip(entries: readonly { readonly name: string; readonly content: string; readonly link?: boolean }[]): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const { name, content, link = false } of entries) {
    const body = Buffer.from(content)
    const nameBytes = Buffer.from(name)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt32LE(crc32(body), 10)
    common.writeUInt32LE(body.length, 14)
    common.writeUInt32LE(body.length, 18)
    common.writeUInt16LE(nameBytes.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, nameBytes, body])
    const tail = Buffer.alloc(14)
    tail.writeUInt32LE(((link ? 0o120777 : 0o100644) << 16) >>> 0, 6)
    tail.writeUInt32LE(offset, 10)
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02'), Buffer.from([20, 3]), common, tail, nameBytes]))
    locals.push(local)
    offset += local.length
  }
  const central = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0)
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(central.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, central, end])
}
