import type { Account } from '../../../daemon/accounts/account.entity.js';
import { namedParts, toPartsView } from '../../../daemon/api/account-detail-view.js';
import type { Actor } from '../../../daemon/auth/actor.js';
import type { UserView } from '../../../daemon/auth/users.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { myAccountTabs, type TabView } from '../../my-account-tabs.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

/** An account can have thousands of mailboxes. */
const SHOWN_NAMES = 20;

export interface MyAccountView {
  tabs: TabView[];
  facts: { label: string; text: string }[];
  /** What is worth doing next. */
  advice: { text: string; label: string; href: string } | undefined;
  account: { facts: { label: string; names: string[]; more: string | undefined }[] } | undefined;
}

export function toMyAccountView(
  actor: Actor,
  user: UserView | undefined,
  account: Account | undefined,
): MyAccountView {
  return {
    tabs: myAccountTabs(actor, 'overview'),
    facts: [
      { label: t('Name'), text: displayText(user?.name ?? actor.label) },
      { label: t('May see'), text: maySee(actor) },
      ...(user === undefined
        ? [{ label: t('Signed in'), text: t('by a link, without a user of your own') }]
        : [
            { label: t('Password'), text: user.hasPassword ? t('set') : t('none') },
            { label: t('Codes'), text: user.hasTotp ? t('asked for') : t('not asked for') },
          ]),
    ],
    advice: adviceFor(actor, user),
    account: account && { facts: factsOf(account) },
  };
}

function maySee(actor: Actor): string {
  if (actor.role === 'reseller') {
    return t('the accounts of {owner}', { owner: displayText(actor.owner) });
  }
  if (actor.role !== 'account') return t('everything on this server');
  return t('the account {name}', { name: displayText(actor.accountName) });
}

function adviceFor(actor: Actor, user: UserView | undefined): MyAccountView['advice'] {
  if (user === undefined) {
    if (actor.role !== 'admin') return undefined;
    const text = t('Add a user of your own, to sign in by a password from now on.');
    return { text, label: t('Add a user'), href: urls.newUser() };
  }
  if (!user.hasPassword) {
    const text = t('Without a password you need a new link each time.');
    return { text, label: t('Set a password'), href: urls.myPassword() };
  }
  if (user.hasTotp) return undefined;
  const text = t('A code of your phone keeps out whoever learns your password.');
  return { text, label: t('Set up codes'), href: urls.myCodes() };
}

function factsOf(account: Account): NonNullable<MyAccountView['account']>['facts'] {
  const one = (label: string, text: string | null) =>
    text === null || text === '' ? [] : [{ label, names: [displayText(text)], more: undefined }];
  const parts = toPartsView(account, false);
  const named = parts === null ? [] : namedParts(parts);
  return [
    ...one(t('Home'), account.home),
    ...one(t('Package'), account.package),
    ...one(t('Email'), account.email),
    ...named.map(({ label, names }) => ({
      label,
      names: names.slice(0, SHOWN_NAMES).map(displayText),
      more:
        names.length > SHOWN_NAMES
          ? t('and {count} more', { count: names.length - SHOWN_NAMES })
          : undefined,
    })),
  ];
}
