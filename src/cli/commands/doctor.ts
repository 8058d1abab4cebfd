import { z } from 'zod'
import { defineCommand } from '../command.ts'
import { FindingResult } from '../schemas.ts'

const marks = { error: '✗', warning: '!', info: '·' } as const
const severities = ['error', 'warning', 'info'] as const

export const command = defineCommand({
  result: z.object({ engine: z.enum(['host', 'sandbox']), ready: z.boolean(), findings: z.array(FindingResult) }),
  run: async ({ app }) => {
    const findings = await app.doctor()
    return { engine: app.config.engine, ready: !findings.some(({ severity }) => severity === 'error'), findings: [...findings] }
  },
  text: ({ ready, findings }) => ({
    lines: [
      ...severities.flatMap((wanted) => findings.filter(({ severity }) => severity === wanted)).flatMap(({ severity, message, fix }) => [`${marks[severity]} ${message}`, ...(fix === undefined ? [] : [`    mend it: ${fix}`])]),
      ready ? 'This machine is ready.' : 'This machine is not ready: mend what is marked with ✗, then run chaton doctor again.',
    ],
  }),
  exitCode: ({ ready }) => (ready ? 0 : 5),
})
