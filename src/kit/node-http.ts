/**
 * `node:http` and `node:https` without what an import of them brings along: the list of their exports as ES modules reads each of
 * them, `WebSocket` among them, and with that one comes all of undici, 10 MiB resident in a process that never uses it (as does
 * `fetch`; bench/move-mixed.ts shows the memory of a move).
 */
export const http = process.getBuiltinModule('node:http')
export const https = process.getBuiltinModule('node:https')
