import { albums } from './albums/index.ts'
import { calendars } from './calendars/index.ts'
import { comments } from './comments/index.ts'
import { contacts } from './contacts/index.ts'
import type { Kind } from './contract.ts'
import { favourites } from './favourites.ts'
import { files } from './files/index.ts'
import { profile } from './profile/index.ts'
import { shares } from './shares/index.ts'
import { tags } from './tags/index.ts'
import { trash } from './trash/index.ts'
import { tellingUnread } from './unread.ts'
import { versions } from './versions/index.ts'

/** Everything that can be carried, in the order in which it is carried. */
export const allKinds: readonly Kind[] = [files, versions, trash, favourites, tags, comments, albums, tellingUnread(calendars), tellingUnread(contacts), profile, shares]
