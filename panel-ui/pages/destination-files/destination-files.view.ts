/** A folder of the raw store of a destination. Pure. */
import { t } from '../../../daemon/platform/messages.js';
import type { BrowsedObject, ObjectsPage } from '../../../daemon/jobs/destination-browser.js';
import { urls } from '../../routes.js';
import {
  displayText,
  fileTimeView,
  sizeText,
  type IconName,
  type TimeView,
} from '../../wording.js';

interface ObjectRow {
  name: string;
  icon: IconName;
  isFolder: boolean;
  url: string | undefined;
  size: string;
  at: TimeView | undefined;
  snapshot: string | undefined;
  snapshotUrl: string | undefined;
}

export interface DestinationFilesView {
  name: string;
  url: string;
  listUrl: string;
  trail: { name: string; url: string | undefined }[];
  rows: ObjectRow[];
  countLine: string;
  firstUrl: string | undefined;
  nextUrl: string | undefined;
}

export function toDestinationFilesView(input: {
  destination: string;
  page: ObjectsPage;
  after: string;
  /** Snapshots that can be opened. */
  restorable: ReadonlySet<string>;
}): DestinationFilesView {
  const { destination, page, after, restorable } = input;
  const { prefix, objects, next } = page;
  const of = (query: { prefix?: string; after?: string }): string =>
    urls.destinationFiles(destination, query);
  return {
    name: displayText(destination),
    url: urls.destination(destination),
    listUrl: urls.destinations(),
    trail: trailOf(prefix, of),
    rows: objects.map((object) => toRow(object, of, restorable)),
    countLine: t('{count, plural, one {# entry} other {# entries}}', { count: objects.length }),
    firstUrl: after === '' ? undefined : of({ prefix }),
    nextUrl: next === undefined ? undefined : of({ prefix, after: next }),
  };
}

type UrlOf = (query: { prefix?: string; after?: string }) => string;

function trailOf(prefix: string, urlOf: UrlOf): DestinationFilesView['trail'] {
  const names = prefix.split('/').slice(0, -1);
  const steps = names.map((name, at) => ({
    name: displayText(name),
    url: urlOf({ prefix: names.slice(0, at + 1).join('/') + '/' }),
  }));
  const all = [{ name: t('Store'), url: urlOf({}) as string | undefined }, ...steps];
  const last = all.at(-1);
  if (last !== undefined) last.url = undefined;
  return all;
}

function toRow(object: BrowsedObject, urlOf: UrlOf, restorable: ReadonlySet<string>): ObjectRow {
  const { key, name, type, sizeBytes, modifiedAt, snapshotId } = object;
  const isFolder = type === 'folder';
  const canOpen = snapshotId !== undefined && restorable.has(snapshotId);
  return {
    name: displayText(name),
    icon: isFolder ? 'folder-fill' : 'file-earmark',
    isFolder,
    url: isFolder ? urlOf({ prefix: key }) : undefined,
    size: sizeBytes === undefined ? '' : sizeText(sizeBytes),
    at: modifiedAt === undefined ? undefined : fileTimeView(modifiedAt.toISOString()),
    snapshot: snapshotId === undefined ? undefined : displayText(snapshotId),
    snapshotUrl: canOpen ? urls.snapshot(snapshotId) : undefined,
  };
}
