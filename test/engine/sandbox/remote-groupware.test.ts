import { describeRemoteGroupware } from '../../conformance/remote-groupware.ts'
import { remoteOnSandbox } from './setup.ts'

describeRemoteGroupware('sandbox', remoteOnSandbox)
