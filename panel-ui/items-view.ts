/** The parts of a snapshot that are restored on their own, in plain words. Pure. */
import type { ItemKind } from '../daemon/platform/config-schema.js';
import { msg, t } from '../daemon/platform/messages.js';
import { kindOfItem } from '../daemon/runs/item-permissions.js';
import type { Snapshot } from '../daemon/runs/snapshot.entity.js';
import { urls } from './routes.js';
import { countText, displayText, sizeText, type IconName } from './wording.js';

export interface ItemCard {
  /** `Database` */
  kind: string;
  /** `shop`; '' where there is only one of the kind. */
  name: string;
  icon: IconName;
  size: string;
  count: string;
  restoreUrl: string;
  /** Of the link, for those who do not see the card. */
  label: string;
}

export interface ItemsView {
  cards: ItemCard[];
  more: string | undefined;
}

const MOST_CARDS = 24;

const KINDS: Record<ItemKind, { word: string; icon: IconName }> = {
  files: { word: msg('Files'), icon: 'folder-fill' },
  database: { word: msg('Database'), icon: 'stack' },
  'database-user': { word: msg('Database user'), icon: 'key' },
  mailbox: { word: msg('Mailbox'), icon: 'archive' },
  cron: { word: msg('Scheduled tasks (cron)'), icon: 'clock' },
  zone: { word: msg('DNS zone'), icon: 'hdd-network' },
  certificate: { word: msg('Certificate'), icon: 'shield-check' },
  ftp: { word: msg('FTP accounts'), icon: 'people' },
  config: { word: msg('Settings of the panel'), icon: 'gear' },
};

/** What is empty is no part that could be restored; nor what the viewer may not restore. */
export function itemCards(
  { id, summary }: Pick<Snapshot, 'id' | 'summary'>,
  permitted: ReadonlySet<ItemKind> | undefined,
): ItemsView {
  const items = (summary?.items ?? []).filter(({ entries }) => entries > 0);
  const cards = items.flatMap(({ name, entries, bytes }): ItemCard[] => {
    const kind = kindOfItem(name);
    if (kind === undefined) return [];
    if (permitted !== undefined && !permitted.has(kind)) return [];
    return [
      {
        kind: t(KINDS[kind].word),
        name: nameOfItem(name),
        icon: KINDS[kind].icon,
        size: sizeText(bytes),
        count: t('{count} entries', { count: countText(entries) }),
        restoreUrl: urls.snapshotRestore(id, { item: [name] }),
        label: t('Restore {name}', { name: itemWords(name) }),
      },
    ];
  });
  const more = cards.length - MOST_CARDS;
  return {
    cards: cards.slice(0, MOST_CARDS),
    more: more > 0 ? t('and {count} more; choose them in the folders below', { count: more }) : undefined, // prettier-ignore
  };
}

/** `Database shop` */
export function itemWords(item: string): string {
  const kind = kindOfItem(item);
  if (kind === undefined) return displayText(item);
  return `${t(KINDS[kind].word)} ${nameOfItem(item)}`.trim();
}

function nameOfItem(item: string): string {
  const colon = item.indexOf(':');
  return colon === -1 ? '' : displayText(item.slice(colon + 1));
}
