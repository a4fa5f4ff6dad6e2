/** What a job backs up and how, in words: on its page, and before it is added. Pure. */
import { accountsInWords } from '../daemon/jobs/account-filter-words.js';
import type { Job } from '../daemon/jobs/job.entity.js';
import type { Structure } from '../daemon/engine/types.js';
import { msg, t } from '../daemon/platform/messages.js';
import { displayText } from './wording.js';

export interface Fact {
  label: string;
  text: string;
}

const STRUCTURES: Readonly<Record<Structure, string>> = {
  incremental: msg('incremental'),
  compressed: msg('compressed'),
  archived: msg('archived'),
};

export function structureText(structure: Structure): string {
  return t(STRUCTURES[structure]);
}

/** Which accounts, and what of them is left out but by patterns. */
export function whatFacts({ accounts, useDefaultExcludes, skipWordpressCore }: Job): Fact[] {
  const caches = useDefaultExcludes ? t('left out') : t('kept');
  return [
    { label: t('Accounts'), text: accountsInWords(accounts, displayText) },
    { label: t('Caches, sessions and trash'), text: caches },
    ...(skipWordpressCore
      ? [{ label: t('WordPress core files'), text: t('left out where they match') }]
      : []),
  ];
}

/** `destinations`: their names. */
export function howFacts({ structure, retries }: Job, destinations: readonly string[]): Fact[] {
  return [
    { label: t('Structure'), text: structureText(structure) },
    { label: t('Destinations'), text: destinations.map(displayText).join(', ') },
    {
      label: t('Failed accounts'),
      text: retries === 0 ? t('not tried again') : t('tried again {retries} ×', { retries }),
    },
  ];
}
