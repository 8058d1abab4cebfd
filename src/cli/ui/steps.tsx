import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import { mask } from '../../kit/mask.ts'
import type { ProgressEvent } from '../../spaces/progress.ts'

const looks = {
  started: { mark: '…', color: 'yellow' },
  done: { mark: '✓', color: 'green' },
  skipped: { mark: '–', color: 'gray' },
  failed: { mark: '✗', color: 'red' },
} as const

/** The steps of a long command, each in its last known state. */
export function Steps({ events }: { readonly events: readonly ProgressEvent[] }): ReactElement {
  const latest = new Map(events.map((event) => [event.step, event]))
  return (
    <Box flexDirection="column">
      {[...latest.values()].map((event) => (
        <Step key={event.step} event={event} />
      ))}
    </Box>
  )
}

function Step({ event }: { readonly event: ProgressEvent }): ReactElement {
  const { mark, color } = looks[event.state]
  const took = event.milliseconds === undefined ? '' : ` ${Math.round(event.milliseconds)} ms`
  return (
    <Box gap={1}>
      <Box flexShrink={0} gap={1}>
        <Text color={color}>{mark}</Text>
        <Text>{event.title}</Text>
      </Box>
      <Text dimColor wrap="truncate-end">
        {mask(event.note ?? '')}
        {took}
      </Text>
    </Box>
  )
}
