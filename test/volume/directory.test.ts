import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { directoryVolumes } from '../../src/volume/directory.ts'
import { volumeConformance } from '../conformance/volume.ts'

volumeConformance({
  kind: 'directory',
  hardLimit: false,
  exact: false,
  instantSnapshots: false,
  unavailable: process.getuid?.() === 0 ? undefined : 'needs root: volumes belong to other users',
  open: async () => {
    const root = await mkdtemp(join(tmpdir(), 'chaton-volumes-'))
    await chmod(root, 0o711)
    const directory = join(root, 'volumes')
    const make = (): ReturnType<typeof directoryVolumes> => directoryVolumes({ directory })
    return { volumes: make(), again: make, close: async () => await rm(root, { recursive: true, force: true }) }
  },
})
