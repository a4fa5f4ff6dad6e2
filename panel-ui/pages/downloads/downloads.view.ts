/** Prepared downloads: what they are of, how far they are, and how to get them. Pure. */
import type { DownloadResult } from '../../../daemon/engine/types.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import type { DownloadLink } from '../../../daemon/restores/download-signer.js';
import type { Download, DownloadState } from '../../../daemon/restores/downloads.service.js';
import { requestOf } from '../../../daemon/runs/run-request.js';
import { itemWords } from '../../items-view.js';
import { urls } from '../../routes.js';
import { toProgress, type Names, type ProgressView } from '../../work-view.js';
import {
  displayText,
  sizeText,
  timeView,
  timeViewOrNone,
  type StateView,
  type TimeView,
} from '../../wording.js';
import { notForYou } from '../run/outcome.view.js';
import { displayReference } from '../snapshot/path-trail.js';

export interface DownloadRow {
  id: number;
  runUrl: string;
  account: string;
  accountUrl: string | undefined;
  what: string;
  snapshotAt: string;
  snapshotUrl: string;
  state: StateView;
  problem: string | undefined;
  progress: ProgressView | undefined;
  size: string | undefined;
  expires: TimeView | undefined;
  /** Of a file that is there. */
  fileUrl: string | undefined;
  linkUrl: string | undefined;
  removeUrl: string | undefined;
}

export interface DownloadsLiveView {
  rows: DownloadRow[];
  pollUrl: string;
  snapshotsUrl: string;
  newestUrl: string | undefined;
  olderUrl: string | undefined;
}

export interface DownloadsView {
  live: DownloadsLiveView;
  /** Only of the newest. */
  streamUrl: string | undefined;
  made: { url: string; expires: TimeView; name: string } | undefined;
}

export interface DownloadsInput {
  downloads: readonly Download[];
  names: Names;
  before: number | undefined;
  hasMore: boolean;
  now: Date;
}

const STATES: Record<DownloadState, StateView> = {
  waiting: { word: msg('Waits'), icon: 'hourglass-split', tone: 'quiet' },
  preparing: { word: msg('Being prepared'), icon: 'arrow-repeat', tone: 'accent' },
  ready: { word: msg('Ready'), icon: 'check-circle-fill', tone: 'good' },
  expired: { word: msg('Expired'), icon: 'dash-circle', tone: 'quiet' },
  removed: { word: msg('Deleted'), icon: 'trash', tone: 'quiet' },
  failed: { word: msg('Failed'), icon: 'x-octagon', tone: 'bad' },
  cancelled: { word: msg('Cancelled'), icon: 'slash-circle', tone: 'quiet' },
};

const MOST_NAMED = 3;

export function toDownloadsView(
  input: DownloadsInput,
  made?: { link: DownloadLink; fileName: string },
): DownloadsView {
  return {
    live: toDownloadsLive(input),
    streamUrl: input.before === undefined ? urls.downloadsStream() : undefined,
    made: made && {
      url: made.link.url,
      expires: timeView(made.link.expiresAt, input.now),
      name: displayText(made.fileName),
    },
  };
}

export function toDownloadsLive(input: DownloadsInput): DownloadsLiveView {
  const { downloads, before, hasMore } = input;
  const last = downloads.at(-1);
  return {
    rows: downloads.map((download) => toRow(download, input)),
    pollUrl: urls.downloadsLive(),
    snapshotsUrl: urls.snapshots(),
    newestUrl: before === undefined ? undefined : urls.downloads(),
    olderUrl: hasMore && last ? urls.downloads({ before: last.run.id }) : undefined,
  };
}

function toRow(download: Download, { names, now }: DownloadsInput): DownloadRow {
  const { run, task, state, sizeBytes, expiresAt } = download;
  const account = run.accountId === null ? undefined : names.accounts.get(run.accountId);
  const snapshotId = task?.snapshotId ?? '';
  const isAtWork = state === 'preparing' && task?.progress;
  const { word, ...look } = STATES[state];
  return {
    ...{ id: run.id, runUrl: urls.run(run.id), account: displayText(account ?? '') },
    accountUrl: account === undefined ? undefined : urls.account(account),
    what: whatText(run, task?.result as DownloadResult | undefined),
    snapshotAt: displayText(momentOf(snapshotId)),
    snapshotUrl: urls.snapshot(snapshotId),
    state: { ...look, word: t(word) },
    problem: problemOf(download),
    progress: isAtWork ? toProgress(isAtWork, t('Progress of the download')) : undefined,
    size: sizeBytes === undefined ? undefined : sizeText(sizeBytes),
    expires: state === 'ready' ? timeViewOrNone(expiresAt, now) : undefined,
    ...(state === 'ready' ? usesOf(download) : NO_USES),
  };
}

type Uses = Pick<DownloadRow, 'fileUrl' | 'linkUrl' | 'removeUrl'>;
const NO_USES: Uses = { fileUrl: undefined, linkUrl: undefined, removeUrl: undefined };

/** Of one that is ready. */
function usesOf({ run: { id }, mayFetch, mayChange }: Download): Uses {
  return {
    ...(mayFetch ? { fileUrl: urls.runFile(id), linkUrl: urls.downloadLink(id) } : NO_USES),
    removeUrl: mayChange ? urls.downloadRemove(id) : undefined,
  };
}

function problemOf({ run, state, mayFetch }: Download): string | undefined {
  if (state === 'ready') return mayFetch ? undefined : notForYou();
  return state === 'failed' && run.error ? displayText(run.error.message) : undefined;
}

/** `Everything`, `Database shop_wp`, `homedir/a, homedir/b and 3 more`. */
function whatText(run: Download['run'], result: DownloadResult | undefined): string {
  const request = requestOf(run);
  const { paths, items } = 'selection' in request ? request.selection : { paths: [], items: [] };
  const all = [...items.map(itemWords), ...paths.map(displayReference)];
  if ('format' in request) return t('Everything, as cPanel package');
  if (all.length === 0) return t('Everything');
  const named = all.slice(0, MOST_NAMED).join(', ');
  const more = all.length - MOST_NAMED;
  const files = result?.format === 'tar.gz' ? result.files : undefined;
  const text = more > 0 ? t('{named} and {count, number} more', { named, count: more }) : named;
  return files === undefined ? text : t('{text} ({files, plural, one {# file} other {# files}})', { text, files }); // prettier-ignore
}

/** `2026-11-21 21:45 UTC`, which the id of a snapshot begins with. */
function momentOf(snapshotId: string): string {
  const [, year, month, day, hour, minute] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/.exec(snapshotId) ?? [];
  if (year === undefined) return snapshotId;
  return `${year}-${month ?? ''}-${day ?? ''} ${hour ?? ''}:${minute ?? ''} UTC`;
}
