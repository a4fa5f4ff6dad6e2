/** The accounts that a filter takes now: on the page of a job, and beside the filter as it is typed. Pure. */
import type { Problem } from '../daemon/platform/errors.js';
import { t } from '../daemon/platform/messages.js';
import { urls } from './routes.js';
import { displayText } from './wording.js';

const SHOWN = 60;

export interface MatchesView {
  /** `12 accounts match now` */
  summary: string;
  accounts: { name: string; url: string }[];
  more: string | undefined;
  /** Why nobody knows. */
  problem: string | undefined;
}

export function toMatchesView(accounts: readonly { name: string }[]): MatchesView {
  const rest = accounts.length - SHOWN;
  const count = accounts.length;
  return {
    summary: t('{count, plural, =0 {No account matches now} one {# account matches now} other {# accounts match now}}', { count }), // prettier-ignore
    accounts: accounts.slice(0, SHOWN).map(({ name }) => ({
      name: displayText(name),
      url: urls.account(name),
    })),
    more: rest > 0 ? t('and {count, number} more', { count: rest }) : undefined,
    problem: undefined,
  };
}

export function toUnmatchedView(problems: readonly Problem[]): MatchesView {
  const problem = problems.map(({ message }) => message).join(' ');
  return { summary: '', accounts: [], more: undefined, problem };
}
