import { expect, test } from 'vitest'
import { elsewhereLines, elsewhereOf } from '../../src/move/elsewhere.ts'
import { runMove } from '../../src/move/run.ts'
import { thrownBy } from '../support/failures.ts'
import { benchFor, from, to, wish } from './services.ts'

test('nothing is told before the new account is complete, then where it is', async () => {
  const bench = benchFor()
  await runMove(bench, wish, { conduct: bench.conduct, options: { keepOpen: true, acceptShrink: false } })
  using move = await bench.moves.openLatest()
  expect(thrownBy(() => elsewhereOf(move))).toMatchObject({ code: 'bad-input' })

  await runMove(bench, wish, { conduct: bench.conduct, options: { keepOpen: false, acceptShrink: false } })

  const notice = elsewhereOf(move)
  expect(notice).toMatchObject({ was: { address: from, account: 'camille' }, is: { address: to, account: 'camille' }, cloudId: 'camille@new.example', dav: `${to}/remote.php/dav` })
  expect(elsewhereLines(notice, 'en').slice(0, 4).join('\n')).toMatch(/The same thing, elsewhere\n\nThe account "camille" left old\.example on .*\. Everything is now here:\n {2}https:\/\/new\.example/)
  expect(elsewhereLines(notice, 'fr')[0]).toBe('La même chose, ailleurs')
})
