/** The form of a new user. Pure. */
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import type { Field } from '../../destination-fields.js';
import { readFields, restOf, toFieldViews, type FieldView } from '../../destination-forms.js';
import { urls } from '../../routes.js';

type Typed = Readonly<Record<string, unknown>>;

export interface NewUserView {
  action: string;
  fields: FieldView[];
  problem: string | undefined;
  usersUrl: string;
}

const fields = (): Field[] => [
  {
    name: 'name',
    label: t('Name'),
    help: t('To sign in with: 1 to 64 letters, digits and . _ @ -'),
    type: 'text',
    isRequired: true,
    example: 'ada',
  },
  {
    name: 'role',
    label: t('May see'),
    help: t('An admin sees and changes everything on this server.'),
    type: 'select',
    isRequired: true,
    choices: [
      { value: 'admin', label: t('Everything: an admin') },
      { value: 'reseller', label: t('The accounts it owns: a reseller') },
      { value: 'account', label: t('One account: its end user') },
    ],
  },
  {
    name: 'account',
    label: t('Account'),
    help: t('Of an end user: the account’s name. Empty for others.'),
    type: 'text',
    example: 'anna',
  },
  {
    name: 'owner',
    label: t('Owner'),
    help: t('Of a reseller: whose accounts it works on, as the list of accounts names the owner.'),
    type: 'text',
    example: 'rita',
  },
  {
    name: 'password',
    label: t('Password'),
    help: t('At least 12 characters. Empty: the user comes by a link first and sets one.'),
    type: 'secret',
  },
];

export function toNewUserView(typed: Typed | undefined, problems: readonly Problem[]): NewUserView {
  return {
    action: urls.newUser(),
    fields: toFieldViews(fields(), typed ?? { role: 'admin' }, problems),
    problem: restOf(problems, fields()),
    usersUrl: urls.users(),
  };
}

/** What the service takes. */
export function toUserInput(typed: Typed): Record<string, unknown> {
  return readFields(fields(), typed);
}
