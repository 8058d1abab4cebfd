import type { Remote } from '../nextcloud/remote.ts'

/** Federated cloud id of an account, for people who share with it: `camille@cloud.example.org`. Pure. */
export const cloudIdOf = ({ uid, base }: Pick<Remote, 'uid' | 'base'>): string => `${uid}@${base.replace(/^https?:\/\//, '')}`
