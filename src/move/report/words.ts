import type { Language } from '../../kit/format.ts'
import type { KindName } from '../kinds.ts'
import type { KindState, MoveReport, Progress, ReportSide, Todo } from './model.ts'

/** What a report says, in one language. French spaces before `;:!?»%` are made unbreakable by the renderer. */
export interface ReportWords {
  readonly title: Readonly<Record<Progress, string>>
  readonly intro: (report: Pick<MoveReport, 'source' | 'destination'>) => string
  readonly dates: (from: string, to: string) => string
  readonly verdict: Readonly<Record<MoveReport['verification'], string>>
  readonly moved: string
  readonly movedColumns: readonly [kind: string, moved: string, there: string, refused: string, checked: string, state: string]
  readonly kinds: Readonly<Record<KindName, string>>
  readonly states: Readonly<Record<KindState, string>>
  readonly notMoved: string
  readonly nothingLeft: string
  readonly ofApp: string
  readonly andMore: (count: number) => string
  readonly whatToDo: string
  readonly renamed: string
  readonly differences: string
  readonly links: string
  /** Address to which the old one was mailed. */
  readonly linkFor: (address: string) => string
  readonly oldLink: string
  readonly newLink: string
  readonly todoTitle: string
  readonly todo: Readonly<Record<Todo, (report: MoveReport) => readonly [title: string, text: string]>>
  readonly signature: string
  readonly signatureText: string
  readonly publicKey: string
  readonly notChecked: string
}

const who = ({ address, account }: ReportSide): string => `${account} @ ${address.replace(/^https?:\/\//, '')}`
const davOf = ({ address }: ReportSide): string => `${address}/remote.php/dav`

const fr: ReportWords = {
  title: { whole: 'Votre compte a déménagé', partly: 'Votre compte a déménagé en partie', pending: 'Votre compte n’a pas encore déménagé' },
  intro: ({ source, destination }) => `De ${who(source)} (Nextcloud ${source.version}) vers ${who(destination)} (Nextcloud ${destination.version}).`,
  dates: (from, to) => `Commencé le ${from}, terminé le ${to}.`,
  verdict: {
    passed: 'Tout ce qui est arrivé a été comparé avec l’ancien compte : aucune différence.',
    differences: 'La comparaison avec l’ancien compte a trouvé des différences ; elles sont listées plus bas.',
    'not-done': 'La comparaison avec l’ancien compte n’a pas été faite jusqu’au bout.',
  },
  moved: 'Ce qui a déménagé',
  movedColumns: ['Quoi', 'Déménagé', 'Déjà là', 'Pas déménagé', 'Vérifié', 'État'],
  kinds: {
    files: 'Fichiers et dossiers',
    versions: 'Anciennes versions',
    trash: 'Corbeille',
    favourites: 'Favoris',
    tags: 'Étiquettes',
    comments: 'Commentaires',
    albums: 'Albums photo',
    calendars: 'Agendas et tâches',
    contacts: 'Contacts',
    profile: 'Profil et réglages',
    shares: 'Partages',
  },
  states: { pending: 'pas encore', moved: 'complet', differing: 'des différences', failed: 'interrompu', 'left-out': 'pas demandé', unavailable: 'pas encore possible' },
  notMoved: 'Ce qui n’a pas déménagé, et pourquoi',
  nothingLeft: 'Rien : tout a suivi.',
  ofApp: 'Données d’autres applications',
  andMore: (count) => `… et ${count} autres : le fichier report.json les nomme tous.`,
  whatToDo: 'Ce que vous pouvez faire :',
  renamed: 'Ce qui porte un autre nom',
  differences: 'Ce qui diffère',
  links: 'Vos nouveaux liens publics',
  linkFor: (address) => `envoyé autrefois à ${address}`,
  oldLink: 'Ancien lien',
  newLink: 'Nouveau lien',
  todoTitle: 'Ce qu’il vous reste à faire',
  todo: {
    'try-again': () => ['Relancer le déménagement.', 'Une partie s’est interrompue. La même commande reprend là où elle s’était arrêtée ; rien n’est copié deux fois.'],
    'look-at-differences': () => ['Regarder les différences.', 'Quelque chose a changé d’un côté pendant la vérification, ou n’est pas arrivé comme il était. La liste est plus bas.'],
    'not-moved': () => ['Lire ce qui n’a pas déménagé.', 'Tant que l’ancien compte existe, vous pouvez encore y prendre ce qui vous manque.'],
    clients: ({ destination }) => [
      'Reconnecter vos appareils.',
      `Sur chaque ordinateur, téléphone ou tablette : ajoutez le compte ${destination.address} dans l’application Nextcloud, attendez la fin de la synchronisation, puis retirez l’ancien compte.`,
    ],
    'calendar-clients': ({ destination }) => [
      'Reconnecter agendas et contacts.',
      `Dans DAVx5, Thunderbird, votre téléphone…, remplacez l’ancienne adresse par ${davOf(destination)} et connectez-vous avec le nouveau compte.`,
    ],
    'new-links': () => [
      'Redonner vos liens de partage.',
      'Les liens publics ont une nouvelle adresse : les anciens mènent encore à l’ancien compte. Envoyez les nouveaux, listés plus bas, aux personnes qui s’en servent.',
    ],
    passwords: () => ['Choisir de nouveaux mots de passe pour les liens protégés.', 'Un mot de passe de partage ne peut pas être lu, donc pas déplacé : ces liens n’ont pas été recréés, pour que rien ne soit ouvert sans mot de passe.'],
    'tell-people': ({ destination }) => ['Dire où vous êtes.', `Aux personnes qui partagent avec vous, donnez votre nouvelle adresse : ${who(destination)}.`],
    'own-app-passwords': () => [
      'Supprimer les mots de passe d’application.',
      'Vous en avez donné au moins un vous-même : dans chaque compte, Paramètres personnels, Sécurité, vous pouvez le supprimer.',
    ],
    'keep-old': ({ source }) => ['Garder l’ancien compte quelque temps.', `Rien n’y a été modifié ni supprimé. Quand tout vous semble en place, vous pouvez fermer ${who(source)}.`],
  },
  signature: 'Signature',
  signatureText: 'Ce rapport est signé (Ed25519). La commande « chaton move report --check <fichier> » dit si quelque chose y a été changé. Clé publique, à comparer avec celle affichée à la fin du déménagement :',
  publicKey: 'Clé publique',
  notChecked: 'non',
}

const en: ReportWords = {
  title: { whole: 'Your account has moved', partly: 'Your account has moved in part', pending: 'Your account has not moved yet' },
  intro: ({ source, destination }) => `From ${who(source)} (Nextcloud ${source.version}) to ${who(destination)} (Nextcloud ${destination.version}).`,
  dates: (from, to) => `Begun on ${from}, finished on ${to}.`,
  verdict: {
    passed: 'All that arrived was compared with the old account: no difference.',
    differences: 'The comparison with the old account found differences; they are listed below.',
    'not-done': 'The comparison with the old account was not done to its end.',
  },
  moved: 'What has moved',
  movedColumns: ['What', 'Moved', 'There before', 'Not moved', 'Checked', 'State'],
  kinds: {
    files: 'Files and folders',
    versions: 'Old versions',
    trash: 'Trash',
    favourites: 'Favourites',
    tags: 'Tags',
    comments: 'Comments',
    albums: 'Photo albums',
    calendars: 'Calendars and tasks',
    contacts: 'Contacts',
    profile: 'Profile and settings',
    shares: 'Shares',
  },
  states: { pending: 'not yet', moved: 'complete', differing: 'differences', failed: 'broken off', 'left-out': 'not asked for', unavailable: 'not possible yet' },
  notMoved: 'What has not moved, and why',
  nothingLeft: 'Nothing: everything has followed.',
  ofApp: 'Data of other apps',
  andMore: (count) => `… and ${count} more: the file report.json names them all.`,
  whatToDo: 'What you can do:',
  renamed: 'What has another name now',
  differences: 'What differs',
  links: 'Your new public links',
  linkFor: (address) => `once sent to ${address}`,
  oldLink: 'Old link',
  newLink: 'New link',
  todoTitle: 'What is left for you to do',
  todo: {
    'try-again': () => ['Run the move again.', 'A part of it broke off. The same command goes on from where it stopped; nothing is copied twice.'],
    'look-at-differences': () => ['Look at the differences.', 'Something changed on one side during the check, or has not arrived as it was. The list is below.'],
    'not-moved': () => ['Read what has not moved.', 'As long as the old account exists, you can still fetch from there what you miss.'],
    clients: ({ destination }) => [
      'Reconnect your devices.',
      `On each computer, phone or tablet: add the account ${destination.address} in the Nextcloud app, wait until it is in sync, then remove the old account.`,
    ],
    'calendar-clients': ({ destination }) => [
      'Reconnect calendars and contacts.',
      `In DAVx5, Thunderbird, your phone…, put ${davOf(destination)} in place of the old address and sign in with the new account.`,
    ],
    'new-links': () => ['Hand out your share links again.', 'Public links have a new address: the old ones still lead to the old account. Send the new ones, listed below, to the people who use them.'],
    passwords: () => ['Choose new passwords for protected links.', 'The password of a share cannot be read, so it cannot be moved: these links were not made again, so that nothing is open without one.'],
    'tell-people': ({ destination }) => ['Say where you are.', `Give the people who share with you your new address: ${who(destination)}.`],
    'own-app-passwords': () => ['Delete the app passwords.', 'You gave at least one yourself: in each account, under Personal settings, Security, you can delete it.'],
    'keep-old': ({ source }) => ['Keep the old account for a while.', `Nothing in it was changed or deleted. When all seems to be in place, you can close ${who(source)}.`],
  },
  signature: 'Signature',
  signatureText: 'This report is signed (Ed25519). The command "chaton move report --check <file>" says whether anything in it was changed. Public key, to be compared with the one shown at the end of the move:',
  publicKey: 'Public key',
  notChecked: 'no',
}

export const reportWords: Readonly<Record<Language, ReportWords>> = { fr, en }
