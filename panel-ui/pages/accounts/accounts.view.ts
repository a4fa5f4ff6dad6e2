/** Every account that somebody may see, and how it stands. Names and owners are a panel's words. Pure. */
import { originText, type AccountOrigin } from '../../../daemon/accounts/source-titles.js';
import type { Account } from '../../../daemon/accounts/account.entity.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import { PAGE_ROWS, toPager, type PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import {
  isShownAs,
  SHOWS,
  toAccountRow,
  toStandees,
  type AccountRow,
  type Show,
  type StandingFacts,
} from '../../standings.js';
import { displayText } from '../../wording.js';

/** Whether an account's own panel serves it. */
export const SERVICES = {
  '': msg('Suspended or not'),
  yes: msg('Suspended'),
  no: msg('Not suspended'),
} as const;
export type Service = keyof typeof SERVICES;

export function isService(value: string): value is Service {
  return Object.hasOwn(SERVICES, value);
}

export interface AccountsFilter {
  /** Part of a name, an owner or an address. */
  q: string;
  show: Show;
  /** '' means all of them. */
  owner: string;
  package: string;
  suspended: Service;
  page: number;
}

export interface AccountsInput extends StandingFacts {
  filter: AccountsFilter;
  /** Else a reseller. */
  isAdmin: boolean;
  origin: AccountOrigin;
  now: Date;
}

interface Choice {
  value: string;
  label: string;
  isChosen: boolean;
}

export interface AccountsView {
  rows: AccountRow[];
  pager: PagerView;
  filterUrl: string;
  clearUrl: string;
  q: string;
  shows: Choice[];
  /** Empty where there is nothing to choose from. */
  owners: Choice[];
  packages: Choice[];
  services: Choice[];
  isFiltered: boolean;
  /** Without a single account. */
  isEmpty: boolean;
  isAdmin: boolean;
  /** Where accounts come from. */
  origin: string;
}

export function toAccountsView(input: AccountsInput): AccountsView {
  const { filter, accounts, now } = input;
  const shown = toStandees(input).filter(
    (standee) => isShownAs(standee, filter.show) && isMatching(standee.account, filter),
  );
  const { page, ...chosen } = filter;
  const query = { ...chosen, show: filter.show === 'all' ? '' : filter.show };
  const pager = toPager(shown.length, page, (other) => urls.accounts({ ...query, page: other }));
  return {
    rows: shown
      .slice(pager.offset, pager.offset + PAGE_ROWS)
      .map((standee) => toAccountRow(standee, now)),
    pager,
    filterUrl: urls.accounts(),
    clearUrl: urls.accounts(),
    q: filter.q,
    shows: choicesOf(SHOWS, filter.show),
    owners: input.isAdmin ? namesOf(accounts, 'owner', filter.owner, t('All owners')) : [],
    packages: namesOf(accounts, 'package', filter.package, t('All packages')),
    services: accounts.some(({ isSuspended }) => isSuspended)
      ? choicesOf(SERVICES, filter.suspended)
      : [],
    isFiltered: Object.values(query).some((value) => value !== ''),
    isEmpty: accounts.length === 0,
    isAdmin: input.isAdmin,
    origin: t('Accounts come from {source}', { source: displayText(originText(input.origin)) }),
  };
}

function isMatching(account: Account, filter: AccountsFilter): boolean {
  const wanted = filter.q.toLowerCase();
  const isNamed = [account.name, account.owner, account.email].some((text) =>
    text?.toLowerCase().includes(wanted),
  );
  if (!isNamed) return false;
  if (filter.owner !== '' && account.owner !== filter.owner) return false;
  if (filter.package !== '' && account.package !== filter.package) return false;
  return filter.suspended === '' || account.isSuspended === (filter.suspended === 'yes');
}

function choicesOf(labels: Record<string, string>, chosen: string): Choice[] {
  return Object.entries(labels).map(([value, label]) => ({
    ...{ value, label: t(label), isChosen: value === chosen },
  }));
}

function namesOf(
  accounts: readonly Account[],
  field: 'owner' | 'package',
  chosen: string,
  all: string,
): Choice[] {
  const names = new Set(accounts.map((account) => account[field] ?? '').filter(Boolean));
  if (names.size === 0) return [];
  if (chosen !== '') names.add(chosen);
  const choices = [...names].toSorted().map((value) => ({ value, label: displayText(value) }));
  return [{ value: '', label: all }, ...choices].map((choice) => ({
    ...{ ...choice, isChosen: choice.value === chosen },
  }));
}
