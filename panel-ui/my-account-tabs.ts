/** The parts of My account, as its sub-navigation lists them. A part that is added stands here. Pure. */
import type { Actor } from '../daemon/auth/actor.js';
import { t } from '../daemon/platform/messages.js';
import { urls } from './routes.js';

export type MyAccountPart =
  'overview' | 'password' | 'codes' | 'sessions' | 'tokens' | 'notifications' | 'excludes';

export interface TabView {
  label: string;
  href: string;
  isHere: boolean;
}

/** Who came by a link has no password, codes or tokens of their own. */
export function myAccountTabs(actor: Actor, here: MyAccountPart): TabView[] {
  const hasUser = actor.role !== 'system' && actor.userId !== undefined;
  const isAccount = actor.role === 'account';
  const parts: { part: MyAccountPart; label: string; href: string; isShown: boolean }[] = [
    { part: 'overview', label: t('Overview'), href: urls.myAccount(), isShown: true },
    { part: 'password', label: t('Password'), href: urls.myPassword(), isShown: hasUser },
    { part: 'codes', label: t('Codes'), href: urls.myCodes(), isShown: hasUser },
    { part: 'sessions', label: t('Browsers'), href: urls.sessions(), isShown: true },
    { part: 'tokens', label: t('API tokens'), href: urls.tokens(), isShown: hasUser },
    {
      part: 'notifications',
      label: t('Notifications'),
      href: urls.myNotifications(),
      isShown: isAccount,
    },
    { part: 'excludes', label: t('Left out'), href: urls.myExcludes(), isShown: isAccount },
  ];
  return parts
    .filter(({ isShown }) => isShown)
    .map(({ part, label, href }) => ({ label, href, isHere: part === here }));
}
