import type { KindFixture } from './contract.ts'
import { favouritesFixture, filesFixture } from './files.ts'
import { trashFixture } from './trash.ts'
import { versionsFixture } from './versions.ts'
import { calendarsFixture, contactsFixture } from './groupware.ts'

/** Every kind that moves, in the order in which an account is filled. */
export const kindFixtures: readonly KindFixture[] = [filesFixture, versionsFixture, trashFixture, favouritesFixture, calendarsFixture, contactsFixture]
