import { z } from 'zod'

/** One part of an address: from an archive, it must not lead elsewhere. */
export const Segment = z.string().refine((text) => !['', '.', '..'].includes(text) && !/[/\\\0]/.test(text), 'it is no name of a calendar, address book or entry of one')

/** An object of JSON as a map: a UID may be any text, also `__proto__`, which `z.record` passes over. */
const byText = <T>(value: z.ZodType<T>) =>
  z.preprocess((given) => (typeof given === 'object' && given !== null && !Array.isArray(given) ? Object.entries(given) : given), z.array(z.tuple([z.string(), value]))).transform((pairs): ReadonlyMap<string, T> => new Map(pairs))

/** As JSON, with maps as objects. Pure. */
export const jsonOfOurs = (value: OurCalendars | OurAddressBook[]): string => JSON.stringify(value, (_key, part: unknown) => (part instanceof Map ? Object.fromEntries(part) : part))

/** What a calendar is beside its events, and the names that its objects had, by UID: the official entries have no place for it. */
export const OurCalendar = z.object({
  uri: Segment,
  /** Entry with its objects; absent where it has none. */
  file: z.string().exactOptional(),
  properties: z.object({
    displayName: z.string(),
    description: z.string().exactOptional(),
    colour: z.string().exactOptional(),
    order: z.number().exactOptional(),
    timezone: z.string().exactOptional(),
    transparent: z.boolean(),
    enabled: z.boolean(),
    components: z.array(z.enum(['VEVENT', 'VTODO', 'VJOURNAL'])),
  }),
  names: byText(Segment),
  /** Zones that single objects tell otherwise than the entry, by UID and TZID. */
  zones: byText(byText(z.string())).default(new Map()),
})
export type OurCalendar = z.infer<typeof OurCalendar>

export const OurSubscription = z.object({
  uri: Segment,
  properties: z.object({
    displayName: z.string(),
    colour: z.string().optional(),
    order: z.number().optional(),
    enabled: z.boolean(),
    source: z.string(),
    refreshRate: z.string().optional(),
  }),
})
export type OurSubscription = z.infer<typeof OurSubscription>

export const OurCalendars = z.object({ calendars: z.array(OurCalendar), subscriptions: z.array(OurSubscription) })
export type OurCalendars = z.infer<typeof OurCalendars>

export const OurAddressBook = z.object({
  uri: Segment,
  file: z.string().exactOptional(),
  properties: z.object({ displayName: z.string(), description: z.string().exactOptional(), enabled: z.boolean() }),
  names: byText(Segment),
})
export type OurAddressBook = z.infer<typeof OurAddressBook>

export const OurAddressBooks = z.array(OurAddressBook)
