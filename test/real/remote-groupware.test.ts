import { describeRemoteGroupware } from '../conformance/remote-groupware.ts'
import { onEveryRelease } from './support/releases.ts'
import { remoteOn } from './support/space.ts'

onEveryRelease('calendars and contacts', (name, release) => {
  describeRemoteGroupware(name, async () => await remoteOn(release))
})
