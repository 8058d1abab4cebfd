import { albumsFixture } from './albums.ts'
import { commentsFixture } from './comments.ts'
import type { KindFixture } from './contract.ts'
import { favouritesFixture, filesFixture } from './files.ts'
import { calendarsFixture, contactsFixture } from './groupware.ts'
import { profileFixture } from './profile.ts'
import { sharesFixture } from './shares.ts'
import { tagsFixture } from './tags.ts'
import { trashFixture } from './trash.ts'
import { versionsFixture } from './versions.ts'

/** Every kind that moves, in the order in which an account is filled. */
export const kindFixtures: readonly KindFixture[] = [
  filesFixture, versionsFixture, trashFixture, favouritesFixture, tagsFixture, commentsFixture, albumsFixture, calendarsFixture, contactsFixture, profileFixture, sharesFixture,
]
