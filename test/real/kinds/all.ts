import type { KindFixture } from './contract.ts'
import { favouritesFixture, filesFixture } from './files.ts'
import { calendarsFixture, contactsFixture } from './groupware.ts'

/** Every kind that moves, in the order in which an account is filled. */
export const kindFixtures: readonly KindFixture[] = [filesFixture, favouritesFixture, calendarsFixture, contactsFixture]
