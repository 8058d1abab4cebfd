import { Box, Text } from 'ink'
import type { ReactElement } from 'react'
import { mask } from '../../kit/mask.ts'
import type { KindView, MoveView } from '../../move/view.ts'
import { amountWords, kindWords, rateWords, stageLine } from '../present/move-words.ts'

const looks = {
  waiting: { mark: '·', color: 'gray' },
  started: { mark: '…', color: 'yellow' },
  done: { mark: '✓', color: 'green' },
  failed: { mark: '✗', color: 'red' },
} as const

/** A move at work: stage, kinds with their counts, rate and time left, what it does now, the last problem. */
export function Move({ view }: { readonly view: MoveView }): ReactElement {
  const working = view.kinds.find(({ kind }) => kind === view.working)
  const rate = rateWords(view)
  return (
    <Box flexDirection="column">
      <Text bold>{stageLine(view)}</Text>
      {view.kinds.map((kind) => (
        <Kind key={kind.kind} view={kind} />
      ))}
      {working === undefined ? null : (
        <Text dimColor wrap="truncate-end">
          {mask([rate, working.note ?? ''].filter((word) => word !== '').join(' · '))}
        </Text>
      )}
      {view.problem === undefined ? null : (
        <Text color="yellow" wrap="truncate-end">
          last problem: {mask(view.problem)}
        </Text>
      )}
    </Box>
  )
}

function Kind({ view }: { readonly view: KindView }): ReactElement {
  const { mark, color } = looks[view.state]
  return (
    <Box gap={1}>
      <Text color={color}>{mark}</Text>
      <Text>{kindWords[view.kind].padEnd(20)}</Text>
      <Text dimColor>{view.total > 0 ? amountWords(view) : ''}</Text>
    </Box>
  )
}
