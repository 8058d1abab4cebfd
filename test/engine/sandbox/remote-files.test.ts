import { describeRemoteFiles } from '../../conformance/remote-files.ts'
import { remoteOnSandbox } from './setup.ts'

describeRemoteFiles('sandbox', remoteOnSandbox)
