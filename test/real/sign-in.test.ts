import { describeSignIn } from '../conformance/sign-in.ts'
import { agreeInBrowser } from './support/agree.ts'
import { onEveryRelease } from './support/releases.ts'
import { openSpace } from './support/space.ts'

onEveryRelease('sign-in', (name, release) => {
  describeSignIn(name, async () => {
    const space = await openSpace(release)
    return {
      engine: space.engine,
      target: space.target,
      agree: async (login, person) => await agreeInBrowser(space.url, login, person),
      cleanup: async () => await space[Symbol.asyncDispose](),
    }
  })
}, (release) => release !== '29.0.1')
