/**
 * Keeps a server from inviting, answering or telling anybody when an object is written or deleted.
 *
 * `Schedule-Reply: F` (RFC 6638, 8.1) stops all of sabre/dav's scheduling, for organizers as for attendees, on PUT and DELETE
 * (3rdparty/sabre/dav/lib/CalDAV/Schedule/Plugin.php, scheduleReply). `X-NC-Scheduling: false` is Nextcloud's own word: on PUT
 * since 31 (server#49503), on DELETE in 34 (server#58203). Seen with a mail server on 28.0.2, 29.0.1, 32.0.1 and 34.0.1: the first alone
 * keeps all four silent; the second alone leaves 28 and 29 mailing on PUT, and 28, 29 and 32 on DELETE. Nothing in the object itself
 * is changed, so that the people invited hear of later changes as before (SCHEDULE-AGENT=CLIENT would end that).
 */
export const silence: Readonly<Record<string, string>> = { 'schedule-reply': 'F', 'x-nc-scheduling': 'false' }
