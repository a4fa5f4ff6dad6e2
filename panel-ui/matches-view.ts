/** The accounts that a filter takes now: on the page of a job, and beside the filter as it is typed. Pure. */
import type { Problem } from '../daemon/platform/errors.js';
import { urls } from './routes.js';
import { countOf, displayText } from './wording.js';

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
  const verb = accounts.length === 1 ? 'matches' : 'match';
  return {
    summary: accounts.length === 0 ? 'No account matches now' : `${countOf(accounts.length, 'account')} ${verb} now`, // prettier-ignore
    accounts: accounts.slice(0, SHOWN).map(({ name }) => ({
      name: displayText(name),
      url: urls.account(name),
    })),
    more: rest > 0 ? `and ${rest} more` : undefined,
    problem: undefined,
  };
}

export function toUnmatchedView(problems: readonly Problem[]): MatchesView {
  const problem = problems.map(({ message }) => message).join(' ');
  return { summary: '', accounts: [], more: undefined, problem };
}
