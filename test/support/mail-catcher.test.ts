import { once } from 'node:events'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTransport } from 'nodemailer'
import { expect, test } from 'vitest'
import { openMailCatcher } from './mail-catcher.ts'

/** Says what a client says up to somewhere within a mail, and is gone. */
async function sendHalfAMail(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  const said = ['', 'EHLO half', 'MAIL FROM:<a@hote.example>', 'RCPT TO:<b@essai.example>', 'DATA']
  for (const line of said) {
    if (line !== '') socket.write(`${line}\r\n`)
    await once(socket, 'data')
  }
  socket.write('From: a@hote.example\r\nSubj')
  await sleep(50)
  socket.resetAndDestroy()
  await sleep(100)
}

test('a mail that is cut off by the end of its sender is no mail, and stops nothing', async () => {
  await using catcher = await openMailCatcher()
  const url = catcher.settings['CHATON_MAIL_URL'] ?? ''
  await sendHalfAMail(url)
  expect(catcher.caught).toEqual([])
  await createTransport(url).sendMail({ from: 'a@hote.example', to: 'b@essai.example', messageId: '<1@hote.example>', text: 'Bonjour' })
  expect(catcher.caught).toEqual([{ messageId: '<1@hote.example>', to: 'b@essai.example' }])
  catcher.forgetAfter(0)
  expect(catcher.caught).toEqual([])
})
