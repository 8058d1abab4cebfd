import type { Clock } from '../kit/clock.ts'
import { ChatonError } from '../kit/errors.ts'
import type { Hosts } from './hosts.ts'

const waitsMs = [500, 1500]
/** What took so long to fail will not be there in a moment. */
const quickMs = 5000

/** The same hosts, asked again where a connection broke or a server was out of order for a moment. Waiting for a person is not repeated. */
export function patientHosts(hosts: Hosts, clock: Clock): Hosts {
  return {
    find: async (address, options) => await patiently(clock, async () => await hosts.find(address, options)),
    beginSignIn: async (host) => await patiently(clock, async () => await hosts.beginSignIn(host)),
    open: async (host, signIn) => await patiently(clock, async () => await hosts.open(host, signIn)),
  }
}

async function patiently<T>(clock: Clock, ask: () => Promise<T>): Promise<T> {
  const began = clock.now().getTime()
  for (const wait of waitsMs) {
    try {
      return await ask()
    } catch (error) {
      const passing = error instanceof ChatonError && error.retryable && clock.now().getTime() - began < quickMs
      if (!passing) throw error
      await clock.sleep(wait)
    }
  }
  return await ask()
}
