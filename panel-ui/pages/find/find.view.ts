/** Files by name, in whichever snapshots they are. Pure. */
import type { Found, FoundFile } from '../../../daemon/history/history.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { urls } from '../../routes.js';
import { displayText, sizeText, timeView, type IconName, type TimeView } from '../../wording.js';
import { displayReference, formReference, parentReferences } from '../snapshot/path-trail.js';

export interface FindView {
  url: string;
  isAdmin: boolean;
  account: string;
  q: string;
  /** Something was asked for. */
  isAsked: boolean;
  problem: string | undefined;
  rows: FindRow[];
  countLine: string;
  isMore: boolean;
  unread: string | undefined;
}

interface FindRow {
  name: string;
  where: string;
  icon: IconName;
  url: string;
  restoreUrl: string;
  versions: string;
  size: string;
  /** When it was there last. */
  at: TimeView;
  isGone: boolean;
}

export function toFindView(input: {
  account: string | undefined;
  q: string;
  isAdmin: boolean;
  found?: Found<FoundFile> | undefined;
  problem?: string | undefined;
  now: Date;
}): FindView {
  const { account, q, isAdmin, found, problem } = input;
  const items = found?.items ?? [];
  const inUrl = isAdmin ? account : undefined;
  return {
    url: urls.find(),
    isAdmin,
    account: account ?? '',
    q,
    isAsked: found !== undefined || problem !== undefined,
    problem: problem === undefined ? undefined : displayText(problem),
    rows: items.map((item) => toRow(item, inUrl, input.now)),
    countLine: t('{count, plural, one {# path} other {# paths}}', { count: items.length }),
    isMore: found?.isMore === true,
    unread: unreadText(found?.unread ?? 0),
  };
}

/** Undefined: all are read. */
export function unreadText(count: number): string | undefined {
  if (count === 0) return undefined;
  return t('{count, plural, one {# snapshot is} other {# snapshots are}} not searched yet; look again in a moment.', { count }); // prettier-ignore
}

function toRow(
  { path, versions, newest }: FoundFile,
  account: string | undefined,
  now: Date,
): FindRow {
  // prettier-ignore
  const steps = parentReferences(path);
  const isFolder = newest.type === 'directory';
  return {
    name: steps.at(-1)?.name ?? '',
    where: displayReference(steps.at(-2)?.path ?? ''),
    icon: isFolder ? 'folder-fill' : 'file-earmark',
    url: urls.versions({ account, path }),
    restoreUrl: urls.snapshotRestore(newest.last.id, { path: [formReference(path)] }),
    versions: t('{count, plural, one {# version} other {# versions}}', { count: versions }),
    size: isFolder ? '' : sizeText(newest.sizeBytes),
    at: timeView(newest.last.startedAt, now),
    isGone: !newest.isNewest,
  };
}
