/** The list of users and of who must wait to sign in. Pure. */
import type { LockOutView } from '../../../daemon/auth/lock-outs.service.js';
import type { UserView } from '../../../daemon/auth/users.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { pageOf, type PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import { displayText, durationText, type StateView } from '../../wording.js';

export interface UsersView {
  newUrl: string;
  tokensUrl: string;
  sessionsUrl: string;
  liftUrl: string;
  users: { name: string; url: string; role: string; signIn: string; state: StateView }[];
  pager: PagerView | undefined;
  lockOuts: { id: string; who: string; where: string; failures: number; wait: string }[];
}

export function toUsersView(input: {
  users: readonly UserView[];
  accountName: (id: string) => string;
  lockOuts: readonly LockOutView[];
  page: number;
  now: Date;
}): UsersView {
  const { accountName, lockOuts, now } = input;
  const { rows, pager } = pageOf(input.users, input.page, (page) => urls.users({ page }));
  return {
    pager,
    newUrl: urls.newUser(),
    tokensUrl: urls.tokens(),
    sessionsUrl: urls.sessions({ whose: 'all' }),
    liftUrl: urls.lockOutLift(),
    users: rows.map((user) => ({
      name: displayText(user.name),
      url: urls.user(user.name),
      role: roleText(user, accountName),
      signIn: signInText(user),
      state: userState(user),
    })),
    lockOuts: lockOuts.map(({ id, user, address, failures, until }) => ({
      id,
      who: user === undefined ? t('a name that is no user’s') : displayText(user),
      where: address === '' ? t('the code, from anywhere') : displayText(address),
      failures,
      wait: durationText((Date.parse(until) - now.getTime()) / 1000),
    })),
  };
}

/** `admin`, `reseller rita`, `account anna`. */
export function roleText(
  { role, accountId, owner }: Pick<UserView, 'role' | 'accountId' | 'owner'>,
  accountName: (id: string) => string,
): string {
  if (role === 'admin') return t('admin');
  if (role === 'reseller') return t('reseller {name}', { name: displayText(owner ?? '') });
  return t('account {name}', { name: displayText(accountName(accountId ?? '')) });
}

/** How the user signs in. */
export function signInText({ hasPassword, hasTotp }: UserView): string {
  if (!hasPassword) return t('by a link only');
  return hasTotp ? t('password and code') : t('password');
}

export function userState({ disabledAt }: Pick<UserView, 'disabledAt'>): StateView {
  return disabledAt === null
    ? { word: t('On'), icon: 'check-circle-fill', tone: 'good' }
    : { word: t('Off'), icon: 'dash-circle', tone: 'quiet' };
}
