import type { StepState } from '../store/contract.ts'

/** One line of progress, for a person (ink or plain) or for a program (`--json`: JSON lines on standard error). */
export interface ProgressEvent {
  readonly step: string
  readonly title: string
  readonly state: StepState
  readonly note?: string
  readonly milliseconds?: number
}

export type Progress = (event: ProgressEvent) => void

export interface StepReport {
  readonly step: string
  readonly state: Exclude<StepState, 'started'>
  readonly changed: boolean
  readonly note?: string
  readonly milliseconds: number
}
