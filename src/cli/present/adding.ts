import type { Progress } from '../../spaces/progress.ts'

const titles = {
  download: 'Download',
  verify: 'Checksum and signature',
  unpack: 'Unpack',
  check: 'Check that it is whole',
  install: 'Put in its place',
} as const

type AddingStep = keyof typeof titles

/** Progress of a release or an app that is brought in: a step ends when the next begins, a percentage is told once. */
export function addingProgress(progress: Progress): { readonly on: (event: { step: AddingStep; fraction?: number }) => void; readonly done: () => void } {
  let current: AddingStep | undefined
  let percent = -1
  const done = (): void => {
    if (current !== undefined) progress({ step: current, title: titles[current], state: 'done' })
    current = undefined
  }
  return {
    done,
    on: ({ step, fraction }) => {
      if (step !== current) {
        done()
        current = step
        percent = -1
        progress({ step, title: titles[step], state: 'started' })
      }
      const now = fraction === undefined ? -1 : Math.floor(fraction * 100)
      if (now <= percent) return
      percent = now
      progress({ step, title: titles[step], state: 'started', note: `${now} %` })
    },
  }
}
