import { calendars } from './calendars/index.ts'
import { contacts } from './contacts/index.ts'
import type { Kind } from './contract.ts'
import { favourites } from './favourites.ts'
import { files } from './files/index.ts'
import { trash } from './trash/index.ts'
import { versions } from './versions/index.ts'

/** Everything that can be carried, in the order in which it is carried. */
export const allKinds: readonly Kind[] = [files, versions, trash, favourites, calendars, contacts]
