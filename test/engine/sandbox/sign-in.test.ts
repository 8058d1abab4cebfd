import { rm } from 'node:fs/promises'
import { provision } from '../../conformance/engine-steps.ts'
import { describeSignIn } from '../../conformance/sign-in.ts'
import { sandboxForTest } from './setup.ts'

describeSignIn('sandbox', async () => {
  const { engine, newTarget, directory } = await sandboxForTest()
  const target = newTarget()
  await provision(engine, target)
  return {
    engine,
    target,
    agree: async (login, person) => {
      const answer = await fetch(login, { method: 'POST', body: new URLSearchParams(person) })
      if (answer.status !== 200) throw new Error(`the page answered ${answer.status}: ${await answer.text()}`)
    },
    cleanup: async () => {
      await engine.remove(target)
      await rm(directory, { recursive: true, force: true })
    },
  }
})
