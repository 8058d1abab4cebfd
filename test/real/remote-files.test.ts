import { describeRemoteFiles } from '../conformance/remote-files.ts'
import { onEveryRelease } from './support/releases.ts'
import { remoteOn } from './support/space.ts'

onEveryRelease('remote files', (name, release) => {
  describeRemoteFiles(name, async () => await remoteOn(release))
}, (release) => release !== '29.0.1')
