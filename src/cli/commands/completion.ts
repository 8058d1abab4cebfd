import { z } from 'zod'
import { ChatonError } from '../../kit/errors.ts'
import { defineCommand, required } from '../command.ts'
import { completionScript, shells } from '../completion-scripts.ts'

export const command = defineCommand({
  result: z.object({ shell: z.enum(shells), script: z.string() }),
  run: async (input) => {
    const given = required(input, 'shell')
    const shell = shells.find((known) => known === given)
    if (shell === undefined) throw new ChatonError('bad-input', `no completion for the shell "${given}"; there is one for: ${shells.join(', ')}`)
    return { shell, script: completionScript(shell, input.commands) }
  },
  text: ({ script }) => ({ lines: script.trimEnd().split('\n') }),
})
