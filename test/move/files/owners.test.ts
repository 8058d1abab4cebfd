import { expect, test } from 'vitest'
import { ownedByNew, sharedAgain } from '../../../src/move/files/own.ts'
import { reasonFor } from '../../../src/move/files/owners.ts'

const at = (base: string, uid = 'camille') => ({ remote: { base, uid } })
const [old, young] = [at('https://old.example/cloud'), at('https://new.example')]
const lou = { owner: 'Lou', cloudId: 'lou@old.example/cloud' }

test.each([
  ['somebody of the old host', lou, { source: old, destination: young }, { reason: 'it was shared with you by Lou, to whom it belongs', next: 'ask Lou (lou@old.example/cloud) to share it with your new account, camille@new.example' }],
  ['somebody who moves along', lou, { source: old, destination: young, people: new Map([['lou', 'lou2']]) }, { reason: sharedAgain, next: undefined }],
  ['the new account, on the same server', lou, { source: old, destination: at('https://old.example/cloud', 'lou') }, ownedByNew],
  ['a namesake of the new account, elsewhere', lou, { source: old, destination: at('https://new.example', 'lou') }, { reason: 'it was shared with you by Lou, to whom it belongs', next: 'ask Lou (lou@old.example/cloud) to share it with your new account, lou@new.example' }],
])('it belongs to %s', (_name, share, context, told) => {
  expect(reasonFor(share, context)).toEqual(told)
})
