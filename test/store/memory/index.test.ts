import { systemClock } from '../../../src/kit/clock.ts'
import { memoryStore } from '../../../src/store/memory/index.ts'
import { describeStore } from '../../conformance/store.ts'

describeStore('memory', async () => memoryStore(systemClock))
