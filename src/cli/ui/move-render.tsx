import { render, type Instance } from 'ink'
import { systemClock } from '../../kit/clock.ts'
import { mask } from '../../kit/mask.ts'
import type { MoveEvent } from '../../move/events.ts'
import { emptyView, viewAfter, type MoveView } from '../../move/view.ts'
import { eventLine } from '../present/move-words.ts'
import type { OpenMoveProgress } from '../present/open-progress.ts'
import { Move } from './move.tsx'

type SignInEvent = Extract<MoveEvent, { event: 'sign-in' }>

/** So often is the screen drawn at most. */
const drawEveryMs = 100

/** Draws a move on a terminal. Sign-ins are lines of their own: what a person has to open stays on the screen. */
export function inkView(stream: NodeJS.WriteStream, showSignIn: (event: SignInEvent) => Promise<void>): OpenMoveProgress {
  let view: MoveView = emptyView
  let screen: Instance | undefined
  let timer: NodeJS.Timeout | undefined
  const draw = (): void => {
    timer = undefined
    if (screen === undefined) screen = render(<Move view={view} />, { stdout: stream, patchConsole: false, exitOnCtrlC: false })
    else screen.rerender(<Move view={view} />)
  }
  const rest = async (): Promise<void> => {
    if (timer !== undefined) clearTimeout(timer)
    if (timer !== undefined && screen !== undefined) draw()
    timer = undefined
    screen?.unmount()
    await screen?.waitUntilExit()
    screen = undefined
    view = { ...emptyView, pass: view.pass }
  }
  return {
    report: (event) => {
      view = viewAfter(view, event, systemClock.now().getTime())
      if (event.event === 'sign-in') void showSignIn(event)
      else if (event.event === 'signed-in') stream.write(`${mask(eventLine(event) ?? '')}\n`)
      else if (event.event !== 'stage' || event.stage !== 'sign-in') timer ??= setTimeout(draw, drawEveryMs)
    },
    rest,
    close: rest,
  }
}
