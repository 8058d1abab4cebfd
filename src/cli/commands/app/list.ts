import { z } from 'zod'
import { defineCommand } from '../../command.ts'
import { columns } from '../../present/words.ts'

const App = z.object({ id: z.string(), version: z.string(), name: z.string(), nextcloud: z.object({ min: z.number(), max: z.number() }), path: z.string() })

export const command = defineCommand({
  result: z.object({ apps: z.array(App) }),
  run: async ({ app }) => ({ apps: [...(await (await app.apps()).list())] }),
  text: ({ apps }) => {
    if (apps.length === 0) return { lines: ['No app is pinned. chaton app add <archive or directory> pins one; a plan enables it.'] }
    return { lines: columns(apps.map(({ id, version, name, nextcloud }) => [id, version, name, `Nextcloud ${nextcloud.min} to ${nextcloud.max}`])) }
  },
})
