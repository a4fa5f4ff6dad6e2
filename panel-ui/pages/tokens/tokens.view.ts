import type { Actor } from '../../../daemon/auth/actor.js';
import type { ApiToken } from '../../../daemon/auth/api-token.entity.js';
import type { UserView } from '../../../daemon/auth/users.service.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import type { Field } from '../../destination-fields.js';
import {
  plainProblems,
  readFields,
  restOf,
  toFieldViews,
  type FieldView,
} from '../../destination-forms.js';
import { myAccountTabs, type TabView } from '../../my-account-tabs.js';
import { pageOf, type PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import { displayText, timeView, timeViewOrNone, type TimeView } from '../../wording.js';

type Typed = Readonly<Record<string, unknown>>;

export interface TokensView {
  tabs: TabView[];
  isAdmin: boolean;
  tokens: TokenRow[];
  pager: PagerView | undefined;
  action: string;
  removeUrl: string;
  fields: FieldView[];
  problem: string | undefined;
  /** One that was just made, shown once. */
  made: string | undefined;
}

interface TokenRow {
  name: string;
  userId: string;
  user: string;
  may: string;
  made: TimeView;
  until: TimeView | undefined;
  isOver: boolean;
  used: TimeView | undefined;
}

/** What was just done, or could not be. */
export interface TokensOutcome {
  typed?: Typed;
  problems?: readonly Problem[];
  made?: string;
}

function fieldsFor(users: readonly UserView[] | undefined): Field[] {
  const ofUsers = (users ?? []).map(({ name }) => ({ value: name, label: displayText(name) }));
  const whose: Field = {
    name: 'user',
    label: t('Acts as'),
    help: t('With the rights of this user, as they are at each call.'),
    type: 'select',
    isRequired: true,
    choices: ofUsers,
  };
  return [
    {
      name: 'name',
      label: t('Name'),
      help: t('What it is for. 1 to 64 letters, digits, blanks and . _ @ -'),
      type: 'text',
      isRequired: true,
      example: 'monitoring',
    },
    ...(users === undefined ? [] : [whose]),
    {
      name: 'isReadOnly',
      label: t('May'),
      help: t('Looking is enough for monitoring.'),
      type: 'select',
      isRequired: true,
      isYesNo: true,
      choices: [
        { value: 'yes', label: t('look, and change nothing') },
        { value: 'no', label: t('do all that the user may') },
      ],
    },
    {
      name: 'expiresInDays',
      label: t('Good for, days'),
      help: t('1 to 3650. Empty: until it is removed.'),
      type: 'number',
      example: '365',
    },
  ];
}

/** `users`: whom a token may be made for, when there is a choice. */
export function toTokensView(
  input: {
    actor: Actor;
    tokens: readonly { token: ApiToken; user: UserView }[];
    users: readonly UserView[] | undefined;
    page: number;
  } & TokensOutcome,
  now: Date,
): TokensView {
  const fields = fieldsFor(input.users);
  const { rows, pager } = pageOf(input.tokens, input.page, (page) => urls.tokens({ page }));
  const own = input.actor.role === 'system' ? undefined : input.actor.label;
  const typed = input.typed ?? { user: own, isReadOnly: 'yes', expiresInDays: '365' };
  const problems = plainProblems(input.problems ?? [], fields, typed);
  return {
    tabs: myAccountTabs(input.actor, 'tokens'),
    isAdmin: input.users !== undefined,
    pager,
    tokens: rows.map(({ token, user }) => toRow(token, user, now)),
    action: urls.tokens(),
    removeUrl: urls.tokenRemove(),
    fields: toFieldViews(fields, typed, problems),
    problem: restOf(problems, fields),
    made: input.made,
  };
}

/** What the service takes. */
export function toTokenInput(typed: Typed, isAdmin: boolean): Record<string, unknown> {
  return readFields(fieldsFor(isAdmin ? [] : undefined), typed);
}

function toRow(token: ApiToken, user: UserView, now: Date): TokenRow {
  const { expiresAt } = token;
  return {
    name: displayText(token.name),
    userId: user.id,
    user: displayText(user.name),
    may: token.isReadOnly ? t('look') : t('everything'),
    made: timeView(token.createdAt, now),
    until: timeViewOrNone(expiresAt, now),
    isOver: expiresAt !== null && Date.parse(expiresAt) <= now.getTime(),
    used: timeViewOrNone(token.lastUsedAt, now),
  };
}
