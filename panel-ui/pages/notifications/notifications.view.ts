/** How the owner of an account is told: the form for the owner itself, and for an admin. Pure. */
import { NOTICE_KINDS } from '../../../daemon/notices/notice-kinds.js';
import type { OwnerNotices } from '../../../daemon/notices/owner-notices.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { LANGUAGES, msg, t } from '../../../daemon/platform/messages.js';
import type { Field } from '../../destination-fields.js';
import { restOf, toFieldViews, type FieldView } from '../../destination-forms.js';
import { listOf, textOf } from '../../form.js';
import type { TabView } from '../../my-account-tabs.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

type Typed = Readonly<Record<string, unknown>>;

export interface NotificationsView {
  account: string;
  accountUrl: string;
  action: string;
  tabs: TabView[];
  fields: FieldView[];
  problem: string | undefined;
  /** Where mails go now, or why they do not. */
  now: string;
  isWarning: boolean;
}

const ADDRESS: Field = {
  name: 'address',
  label: msg('Address'),
  help: msg('Where mails go. Empty: the address that your hosting panel knows.'),
  type: 'text',
  example: 'me@example.com',
};
const LANGUAGE: Field = {
  name: 'language',
  label: msg('Language'),
  help: msg('Of the mails.'),
  type: 'select',
  isRequired: true,
  choices: [
    { value: '', label: msg('As the server') },
    ...Object.entries(LANGUAGES).map(([value, label]) => ({ value, label })),
  ],
};

function fieldsOf({ offered }: OwnerNotices): Field[] {
  const kinds: Field = {
    name: 'kinds',
    label: msg('Tell me of'),
    help: msg('What is not ticked is not sent.'),
    type: 'choices',
    choices: offered.map((kind) => ({ value: kind, label: NOTICE_KINDS[kind].title })),
  };
  return offered.length === 0 ? [ADDRESS, LANGUAGE] : [ADDRESS, LANGUAGE, kinds];
}

export function toNotificationsView(
  notices: OwnerNotices,
  action: string,
  tabs: TabView[],
  refused?: { typed: Typed; problems: readonly Problem[] },
): NotificationsView {
  const { account, address, language, offered, muted, usedAddress, isSent } = notices;
  const kinds = offered.filter((kind) => !muted.includes(kind));
  const shown = refused?.typed ?? { address: address ?? '', language: language ?? '', kinds };
  const fields = fieldsOf(notices);
  const problems = refused?.problems ?? [];
  return {
    account: displayText(account),
    accountUrl: urls.account(account),
    action,
    tabs,
    fields: toFieldViews(fields, shown, problems),
    problem: restOf(problems, fields),
    now: nowText(isSent && offered.length > 0, usedAddress),
    isWarning: usedAddress === null || !isSent,
  };
}

function nowText(isSent: boolean, usedAddress: string | null): string {
  if (!isSent) return t('This server sends no mails to owners of accounts now.');
  if (usedAddress === null) return t('No address is known: nothing is sent.');
  return t('Mails go to {address}.', { address: displayText(usedAddress) });
}

/** What the service takes; kinds that are not offered stay as they were. */
export function toOwnerChanges(
  { offered, muted }: OwnerNotices,
  typed: Typed,
): Record<string, unknown> {
  const chosen = listOf(typed['kinds']);
  const others = muted.filter((kind) => !offered.includes(kind));
  const address = textOf(typed['address']);
  const language = textOf(typed['language']);
  return {
    address: address === '' ? null : address,
    language: language === '' ? null : language,
    muted: [...others, ...offered.filter((kind) => !chosen.includes(kind))],
  };
}
