/** Which accounts a job takes, as a person says it, in the language of whoever is answered. Pure. */
import { t } from '../platform/messages.js';
import { bytesText } from './account-filter-text.js';
import type { AccountFilter, FilterCondition, JobAccounts } from './account-filter.js';

/** `all`, names with commas between them, or the filter in words. */
export function accountsInWords(accounts: JobAccounts, show: (name: string) => string): string {
  if (accounts === 'all') return t('all');
  if (Array.isArray(accounts)) return accounts.map(show).join(', ');
  return show(filterInWords(accounts));
}

/** `owner is bob or package is gold; and is not suspended` */
export function filterInWords({ groups }: AccountFilter): string {
  const parts = groups.map((conditions) => conditions.map(inWords).reduce(either));
  return parts.reduce((first, second) => t('{first}; and {second}', { first, second }));
}

function either(first: string, second: string): string {
  return t('{first} or {second}', { first, second });
}

function inWords(condition: FilterCondition): string {
  const { isNot } = condition;
  switch (condition.by) {
    case 'suspended':
      return isNot ? t('is not suspended') : t('is suspended');
    case 'size':
    case 'files':
      return amountInWords(condition);
    case 'letter': {
      const { from, to } = condition;
      const letters = from === to ? from : t('{from} to {to}', { from, to });
      return isNot
        ? t('first letter is not {letters}', { letters })
        : t('first letter is {letters}', { letters });
    }
    default:
      return valueInWords(condition);
  }
}

type OfAmount = Extract<FilterCondition, { by: 'size' | 'files' }>;

function amountInWords({ by, than, isNot, value }: OfAmount): string {
  const amount = by === 'size' ? bytesText(value) : String(value);
  if (by === 'size' && than === 'more') {
    return isNot ? t('size is not more than {amount}', { amount }) : t('size is more than {amount}', { amount }); // prettier-ignore
  }
  if (by === 'size') {
    return isNot ? t('size is not less than {amount}', { amount }) : t('size is less than {amount}', { amount }); // prettier-ignore
  }
  if (than === 'more') {
    return isNot ? t('does not have more than {amount} files', { amount }) : t('has more than {amount} files', { amount }); // prettier-ignore
  }
  return isNot ? t('does not have less than {amount} files', { amount }) : t('has less than {amount} files', { amount }); // prettier-ignore
}

type OfValue = Extract<FilterCondition, { by: 'name' | 'owner' | 'package' | 'tag' | 'pattern' }>;

function valueInWords({ by, isNot, value }: OfValue): string {
  switch (by) {
    case 'name':
      return isNot ? t('name is not {value}', { value }) : t('name is {value}', { value });
    case 'owner':
      return isNot ? t('owner is not {value}', { value }) : t('owner is {value}', { value });
    case 'package':
      return isNot ? t('package is not {value}', { value }) : t('package is {value}', { value });
    case 'tag':
      return isNot
        ? t('does not have the tag {value}', { value })
        : t('has the tag {value}', { value });
    case 'pattern':
      return isNot
        ? t('name does not match {value}', { value })
        : t('name matches {value}', { value });
  }
}
