/** All versions of a path over time. Pure. */
import type { PathVersion } from '../../../daemon/history/history.service.js';
import { t } from '../../../daemon/platform/messages.js';
import type { ItemKind } from '../../../daemon/platform/config-schema.js';
import type { ItemUse } from '../../../daemon/auth/permissions/catalogue.js';
import { kindOfPath } from '../../../daemon/runs/item-permissions.js';
import { urls } from '../../routes.js';
import { displayText, fileTimeView, sizeText, timeView, type TimeView } from '../../wording.js';
import type { Names } from '../../work-view.js';
import { unreadText } from '../find/find.view.js';
import { displayReference, formReference, parentReferences } from '../snapshot/path-trail.js';

export interface VersionsView {
  name: string;
  where: string;
  account: string;
  findUrl: string;
  /** As a form carries it. */
  path: string;
  rows: VersionRowView[];
  unread: string | undefined;
  withDestination: boolean;
  /** Where two of them are compared; undefined: there are not two files. */
  compare: { url: string; account: string | undefined; choices: CompareChoice[] } | undefined;
}

interface CompareChoice {
  value: string;
  text: string;
  isBefore: boolean;
  isAfter: boolean;
}

interface VersionRowView {
  first: TimeView;
  last: TimeView;
  /** It was only in one snapshot. */
  isOnce: boolean;
  isNow: boolean;
  size: string;
  modified: TimeView | undefined;
  snapshots: string;
  places: string;
  problem: string | undefined;
  /** Snapshots after it that do not have the path. */
  gone: string | undefined;
  restoreUrl: string | undefined;
  downloadUrl: string | undefined;
  diffUrl: string | undefined;
}

export function toVersionsView(input: {
  account: string;
  path: string;
  versions: readonly PathVersion[];
  unread: number;
  isAdmin: boolean;
  permitted: Record<ItemUse, ReadonlySet<ItemKind> | undefined>;
  names: Names;
  now: Date;
}): VersionsView {
  const { path, versions, isAdmin } = input;
  const steps = parentReferences(path);
  const account = isAdmin ? input.account : undefined;
  const name = steps.at(-1)?.name ?? '';
  return {
    name,
    where: displayReference(steps.at(-2)?.path ?? ''),
    account: displayText(input.account),
    findUrl: urls.find({ account, q: name }),
    path: formReference(path),
    rows: versions.map((version, index) => toRow(input, version, versions[index + 1])),
    unread: unreadText(input.unread),
    withDestination: isAdmin,
    compare: compareOf(versions, account),
  };
}

function compareOf(
  versions: readonly PathVersion[],
  account: string | undefined,
): VersionsView['compare'] {
  const files = versions.filter(({ type }) => type === 'file');
  if (files.length < 2) return undefined;
  const choices = files.map((version, index) => ({
    value: version.last.id,
    text: `${fileTimeView(version.last.startedAt).moment} · ${sizeText(version.sizeBytes)}`,
    isBefore: index === 1,
    isAfter: index === 0,
  }));
  return { url: urls.versionDiff(), account, choices };
}

type Input = Parameters<typeof toVersionsView>[0];

function toRow(
  input: Input,
  version: PathVersion,
  before: PathVersion | undefined,
): VersionRowView {
  const { path, now, names } = input;
  const { first, last, goneAfter } = version;
  const places = version.destinationIds.map((id) => displayText(names.destinations.get(id) ?? id));
  const areFiles = version.type === 'file' && before?.type === 'file';
  const account = input.isAdmin ? input.account : undefined;
  return {
    first: timeView(first.startedAt, now),
    last: timeView(last.startedAt, now),
    isOnce: version.snapshots === 1,
    isNow: version.isNewest,
    size: version.type === 'file' ? sizeText(version.sizeBytes) : '',
    modified: version.modifiedAt === null ? undefined : fileTimeView(version.modifiedAt),
    snapshots: t('in {count, plural, one {# snapshot} other {# snapshots}}', { count: version.snapshots }), // prettier-ignore
    places: places.join(', '),
    problem: version.hasProblem ? t('not whole') : undefined,
    gone: goneAfter === 0 ? undefined : goneText(goneAfter),
    restoreUrl: mayUse(input, 'restore')
      ? urls.snapshotRestore(last.id, { path: [formReference(path)] })
      : undefined,
    downloadUrl: mayUse(input, 'download') ? urls.snapshotDownload(last.id) : undefined,
    diffUrl: areFiles
      ? urls.versionDiff({ account, path, before: before.last.id, after: last.id })
      : undefined,
  };
}

function goneText(count: number): string {
  return t('Not there in {count, plural, one {the next snapshot} other {the next # snapshots}}.', { count }); // prettier-ignore
}

function mayUse({ permitted, path }: Input, use: ItemUse): boolean {
  const kind = kindOfPath(path);
  const kinds = permitted[use];
  return kinds === undefined || (kind !== undefined && kinds.has(kind));
}
