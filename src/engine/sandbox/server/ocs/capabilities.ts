import type { Exchange } from '../exchange.ts'

/** What the sandbox can do, in the words of Nextcloud. */
export function capabilities({ room }: Exchange): Record<string, unknown> {
  const { release, title } = room.settings
  const [major = 0, minor = 0, micro = 0] = release.split('.').map(Number)
  return {
    version: { major, minor, micro, string: release, edition: '', extendedSupport: false },
    capabilities: {
      core: { pollinterval: 60, 'webdav-root': 'remote.php/webdav', 'mod-rewrite-working': true },
      bruteforce: { delay: 0, 'allow-listed': false },
      files: {
        blacklisted_files: ['.htaccess'],
        forbidden_filenames: ['.htaccess'],
        forbidden_filename_basenames: [],
        forbidden_filename_characters: ['\\', '/'],
        forbidden_filename_extensions: ['.filepart', '.part'],
        bigfilechunking: true,
        chunked_upload: { max_size: 104_857_600, max_parallel_count: 5 },
        comments: false,
        undelete: true,
        delete_from_trash: true,
        versioning: true,
        version_labeling: false,
        version_deletion: true,
      },
      dav: { chunking: '1.0', bulkupload: '1.0' },
      checksums: { supportedTypes: ['SHA1', 'MD5', 'SHA256'], preferredUploadType: 'SHA1' },
      theming: { name: title, slogan: 'chaton: sandbox' },
      chaton: { sandbox: true },
    },
  }
}
