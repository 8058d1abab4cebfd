import { describe, expect, test } from 'vitest'
import { cookiesIn } from '../../src/nextcloud/profile/picture.ts'
import { decide, mailsLeft, scopeFor, valueMark } from '../../src/move/profile/decide.ts'
import { itemOf, knownTitles } from '../../src/move/profile/items.ts'
import { settled } from '../../src/move/profile/run.ts'
import { difference } from '../../src/move/profile/verify.ts'
import { frenchNames } from '../../src/move/report/reasons-fr.ts'

const moved = (here: string, there = here) => itemOf('phone', 1, { state: 'moved', sourceMark: valueMark(here), destinationMark: valueMark(there) })
const writing = itemOf('phone', 1, { state: 'writing', sourceMark: valueMark('1') })
const kept = { reason: 'the new account has something else there, which stays', next: 'look at both, under Settings, Personal info, and keep what is right' }

describe('a field of the profile', () => {
  test.each([
    ['is set where nothing is filled in', { here: '1', there: '', known: undefined }, 'set'],
    ['counts as there where it is the same', { here: '1', there: '1', known: undefined }, 'there'],
    ['stays where the person has filled it in', { here: '1', there: '2', known: undefined }, kept],
    ['stays where the person has changed it since', { here: '1', there: '2', known: moved('1') }, kept],
    ['follows the source where this move wrote it', { here: '3', there: '1', known: moved('1') }, 'set'],
    ['is emptied where this move wrote it', { here: '', there: '1', known: moved('1') }, 'set'],
    ['is not emptied where the person filled it in', { here: '', there: '2', known: moved('1') }, 'nothing'],
    ['is done where the server writes it its own way', { here: '+33 1', there: '+331', known: moved('+33 1', '+331') }, 'moved'],
    ['is ours after a kill', { here: '1', there: '1', known: writing }, 'moved'],
    ['is set after a kill', { here: '1', there: '', known: writing }, 'set'],
    ['is refused where the release has none', { here: '1', there: undefined, known: undefined }, { reason: 'the new host has no such field' }],
  ])('%s', (_name, values, decision) => {
    expect(decide({ name: 'phone', ...values })).toEqual(decision)
  })

  test.each([
    ['0', '1', 'set'],
    ['1', '0', kept],
  ])('a profile shown (%s) or not (%s) is never shown to more people', (here, there, decision) => {
    expect(decide({ name: 'profile_enabled', here, there, known: undefined })).toEqual(decision)
  })

  test('that a server drops without a word is refused', () => {
    expect(settled(writing, '')).toMatchObject({ state: 'refused', reason: 'the new host took it, but does not keep it' })
    expect(settled(writing, '+1')).toMatchObject({ state: 'moved', destinationMark: valueMark('+1') })
  })

  test.each([
    ['v2-private', 'v2-local', 'v2-private'],
    ['v2-local', 'v2-local', undefined],
    [undefined, 'v2-local', undefined],
  ])('seen by %s there, by %s here', (here, there, scope) => {
    expect(scopeFor(here, there)).toBe(scope)
  })

  test('published to the world is not published again', () => {
    expect(scopeFor('v2-published', 'v2-local')).toMatchObject({ next: 'publish it again under Settings, Personal info, if you want that' })
  })
})

test('mail addresses that the new account has not are told', () => {
  expect(mailsLeft({ email: 'lou@old.example', others: ['Lou@new.example', 'chat@example.org'] }, { email: 'lou@new.example', others: [] })).toEqual(['lou@old.example', 'chat@example.org'])
})

describe('comparison', () => {
  test.each([
    ['the same', undefined, ['1', '1'], undefined],
    ['written the server’s own way', moved('+33 1', '+331'), ['+33 1', '+331'], undefined],
    ['changed there', moved('1'), ['1', '2'], 'it was changed at the destination since it arrived'],
    ['changed here', moved('1'), ['2', '1'], 'it changed at the source since it was carried'],
    ['filled in since', undefined, ['1', ''], 'it is at the old host and was not carried yet'],
  ] as const)('%s', (_name, item, [here, there], reason) => {
    expect(difference(item, here, there)).toBe(reason)
  })
})

test('every field has a name in French', () => {
  expect(knownTitles.filter((title) => !title.startsWith('Visibility: ') && !frenchNames.has(title))).toEqual([])
})

test('cookies of a session, out of joined headers', () => {
  const header = 'oc_sessionPassphrase=a%2Fb; path=/; secure; HttpOnly, nc_sameSiteCookielax=true; expires=Fri, 31-Dec-2100 23:59:59 GMT; path=/, ocid=1; path=/, ocid=2; path=/'
  expect(cookiesIn(header)).toBe('oc_sessionPassphrase=a%2Fb; nc_sameSiteCookielax=true; ocid=2')
})
