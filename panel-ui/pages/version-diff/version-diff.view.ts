/** What differs between two versions of a file. Pure; their text is hostile. */
import type { DiffRow } from '../../../daemon/history/text-diff.js';
import type { VersionDiff } from '../../../daemon/history/version-diffs.service.js';
import { msg, t } from '../../../daemon/platform/messages.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { urls } from '../../routes.js';
import { displayText, sizeText, timeView, type TimeView } from '../../wording.js';
import { formReference, parentReferences } from '../snapshot/path-trail.js';

export interface VersionDiffView {
  name: string;
  versionsUrl: string;
  before: SideView;
  after: SideView;
  /** In place of rows. */
  said: string | undefined;
  counts: string;
  rows: DiffRowView[];
  isCut: boolean;
}

interface SideView {
  at: TimeView;
  size: string;
  restoreUrl: string;
}

interface DiffRowView {
  kind: DiffRow['kind'];
  /** Says it without colour. */
  mark: string;
  word: string;
  line: string;
  text: string;
}

const WHY = {
  binary: msg('This is no text, so only its size can be compared.'),
  'too-large': msg('This is too large to be compared line by line; up to 1 MB is.'),
  'no-file': msg('There is no content to compare.'),
  'too-different': msg('The two differ by too much to be compared line by line.'),
} as const;

export function toVersionDiffView(input: {
  path: string;
  account: string | undefined;
  compared: VersionDiff;
  before: Snapshot;
  after: Snapshot;
  now: Date;
}): VersionDiffView {
  const { path, account, compared, now } = input;
  const { diff, sizes } = compared;
  const side = (snapshot: Snapshot, size: number | null): SideView => ({
    at: timeView(snapshot.startedAt, now),
    size: size === null ? '' : sizeText(size),
    restoreUrl: urls.snapshotRestore(snapshot.id, { path: [formReference(path)] }),
  });
  return {
    name: parentReferences(path).at(-1)?.name ?? '',
    versionsUrl: urls.versions({ account, path }),
    before: side(input.before, sizes[0]),
    after: side(input.after, sizes[1]),
    said: saidOf(compared),
    counts: t('{added, plural, one {# line added} other {# lines added}}, {removed, plural, one {# line removed} other {# lines removed}}', { added: diff?.added ?? 0, removed: diff?.removed ?? 0 }), // prettier-ignore
    rows: (diff?.rows ?? []).map(toRow),
    isCut: diff?.isCut === true,
  };
}

function saidOf({ isSame, why }: VersionDiff): string | undefined {
  if (isSame) return t('Both are the same.');
  return why === undefined ? undefined : t(WHY[why]);
}

const MARKS: Record<DiffRow['kind'], { mark: string; word: string }> = {
  same: { mark: '', word: '' },
  added: { mark: '+', word: msg('added') },
  removed: { mark: '−', word: msg('removed') },
  gap: { mark: '⋯', word: '' },
};

function toRow({ kind, before, after, text }: DiffRow): DiffRowView {
  const { mark, word } = MARKS[kind];
  const number = kind === 'gap' ? '' : String(after ?? before ?? '');
  const said = kind === 'gap' ? t('from line {line}', { line: after ?? 1 }) : displayTabs(text);
  return { kind, mark, word: word === '' ? '' : t(word), line: number, text: said };
}

/** Tabs are what they are in a text; other control characters are made visible. */
function displayTabs(text: string): string {
  return text.replace(/\r$/, '').split('\t').map(displayText).join('\t');
}
