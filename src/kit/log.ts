import { pino, type Logger } from 'pino'
import { mask } from './mask.ts'

export type { Logger }

/** JSON lines on standard error, every line masked. Messages are constant; what varies goes into fields. */
export function createLogger(level: string, write: (line: string) => void): Logger {
  return pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write: (line: string) => write(mask(line)) })
}

export const silentLogger: Logger = pino({ level: 'silent' })
