import type { Kind } from '../contract.ts'
import { hidden } from './decide.ts'
import { titleOf } from './items.ts'
import { carry } from './run.ts'
import { readProfile, valueNames, valueOf } from './values.ts'
import { verify } from './verify.ts'

/** Profile, picture, status message and settings, where the new account has nothing of its own. No mail address is changed. */
export const profile: Kind = {
  name: 'profile',
  async inventory({ source }) {
    const here = await readProfile(source)
    const left = valueNames.flatMap((name) => {
      const refused = hidden(name, here, here)
      return refused === undefined ? [] : [{ what: titleOf(name), ...refused }]
    })
    return { count: valueNames.filter((name) => (valueOf(here, name) ?? '') !== '').length, left }
  },
  run: carry,
  verify,
}
