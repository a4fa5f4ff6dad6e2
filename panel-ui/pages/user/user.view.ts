import type { UserView as User } from '../../../daemon/auth/users.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { urls } from '../../routes.js';
import { displayText, timeView, type StateView, type TimeView } from '../../wording.js';
import { roleText, signInText, userState } from '../users/users.view.js';

export interface UserView {
  name: string;
  usersUrl: string;
  role: string;
  signIn: string;
  state: StateView;
  addedAt: TimeView;
  hasTotp: boolean;
  totpSince: TimeView | undefined;
  switch: { value: 'yes' | 'no'; label: string };
  urls: { password: string; switch: string; codes: string; link: string; remove: string };
  /** A link that was just made. */
  link: { url: string; until: TimeView } | undefined;
  passwordProblem: string | undefined;
  removeProblem: string | undefined;
}

/** What was just done, or could not be. */
export interface UserOutcome {
  link?: { url: string; expiresAt: string };
  passwordProblem?: string;
  removeProblem?: string;
}

export function toUserView(
  user: User,
  accountName: (id: string) => string,
  outcome: UserOutcome,
  now: Date,
): UserView {
  const { name, disabledAt } = user;
  return {
    name: displayText(name),
    usersUrl: urls.users(),
    role: roleText(user, accountName),
    signIn: signInText(user),
    state: userState(user),
    addedAt: timeView(user.createdAt, now),
    hasTotp: user.hasTotp,
    totpSince: user.totpSince === null ? undefined : timeView(user.totpSince, now),
    switch:
      disabledAt === null
        ? { value: 'no', label: t('Keep out') }
        : { value: 'yes', label: t('Let in again') },
    urls: {
      password: urls.userPassword(name),
      switch: urls.userSwitch(name),
      codes: urls.userCodesReset(name),
      link: urls.userLink(name),
      remove: urls.userRemove(name),
    },
    link: outcome.link && { url: outcome.link.url, until: timeView(outcome.link.expiresAt, now) },
    passwordProblem: outcome.passwordProblem,
    removeProblem: outcome.removeProblem,
  };
}
