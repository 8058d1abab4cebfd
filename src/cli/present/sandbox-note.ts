/** What every output about sandbox spaces begins with. */
export const sandboxNote = 'SANDBOX: a stand-in for trying chaton, not a Nextcloud. Real spaces: chaton host setup'
