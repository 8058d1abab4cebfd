import { z } from 'zod'
import { openInBrowser } from '../../../kit/browser.ts'
import { ChatonError } from '../../../kit/errors.ts'
import { requireSpace } from '../../../spaces/context.ts'
import { defineCommand, required } from '../../command.ts'

export const command = defineCommand({
  result: z.object({ slug: z.string(), url: z.string(), opened: z.boolean() }),
  run: async (input) => {
    const slug = required(input, 'slug')
    const space = await requireSpace((await input.app.records()).store, slug)
    const url = space.status?.url
    if (url === undefined) {
      throw new ChatonError('bad-input', `the space "${slug}" has no address yet (phase ${space.status?.phase ?? 'Pending'})`, {
        next: [`chaton provision ${slug} finishes it`],
      })
    }
    const opened = input.terminal.canAsk && (await openInBrowser(url, input.environment))
    return { slug, url, opened }
  },
  text: ({ url }) => ({ lines: [url] }),
})
