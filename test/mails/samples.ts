import type { MailData } from '../../src/mails/render.ts'

const common = {
  personName: 'Camille Martin',
  spaceTitle: 'Le jardin partagé',
  url: 'https://jardin-partage.example.org',
  hosterName: 'Les Hébergeurs du coin',
  supportUrl: 'https://aide.example.org',
}

/** Data for every mail, as a hoster would have it. */
export const samples: MailData = {
  'hand-over': {
    ...common,
    userId: 'camille',
    invitationLink: 'https://jardin-partage.example.org/index.php/lostpassword/reset/form/aBc123/camille',
    validDays: 7,
    planTitle: 'Collectif',
    storageBytes: 40e9,
    accounts: 50,
    office: 'collabora',
  },
  invitation: {
    ...common,
    userId: 'sacha',
    invitationLink: 'https://jardin-partage.example.org/index.php/lostpassword/reset/form/xYz789/sacha',
    validDays: 1,
  },
  'pool-warning': {
    ...common,
    percent: 90,
    poolBytes: 40e9,
    usedBytes: 36.2e9,
    filesBytes: 30e9,
    versionsBytes: 2.2e9,
    trashBytes: 3.5e9,
    otherBytes: 512e6,
  },
  'accounts-over-cap': {
    ...common,
    cap: 4,
    disabled: [
      { userId: 'alix', displayName: 'Alix Durand' },
      { userId: 'noor', displayName: 'Noor' },
    ],
  },
  suspended: common,
  deleted: { ...common, backupUntil: new Date('2026-12-24T08:00:00Z') },
}
