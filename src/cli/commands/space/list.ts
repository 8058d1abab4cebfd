import { z } from 'zod'
import { defineCommand } from '../../command.ts'
import { sandboxNote } from '../../present/sandbox-note.ts'
import { columns, usageWords } from '../../present/words.ts'
import { SpaceResult } from '../../schemas.ts'

export const command = defineCommand({
  result: z.object({ spaces: z.array(SpaceResult) }),
  run: async ({ app }) => ({ spaces: await (await app.records()).store.list('Space') }),
  text: ({ spaces }) => {
    if (spaces.length === 0) return { lines: ['No spaces yet. chaton provision <file> makes one.'] }
    const rows = spaces.map((space) => [
      space.metadata.name,
      space.status?.phase ?? 'Pending',
      space.spec.plan,
      usageWords(space.status?.usage),
      space.status?.release ?? '-',
      space.status?.url ?? '-',
    ])
    const sandbox = spaces.some((space) => space.status?.sandbox === true)
    return { lines: [...(sandbox ? [sandboxNote] : []), ...columns([['SPACE', 'PHASE', 'PLAN', 'USED', 'RELEASE', 'ADDRESS'], ...rows])] }
  },
})
