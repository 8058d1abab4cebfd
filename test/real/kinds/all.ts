import { albumsFixture } from './albums.ts'
import type { KindFixture } from './contract.ts'
import { favouritesFixture, filesFixture } from './files.ts'
import { calendarsFixture, contactsFixture } from './groupware.ts'
import { sharesFixture } from './shares.ts'

/** Every kind that moves, in the order in which an account is filled. */
export const kindFixtures: readonly KindFixture[] = [filesFixture, favouritesFixture, albumsFixture, calendarsFixture, contactsFixture, sharesFixture]
