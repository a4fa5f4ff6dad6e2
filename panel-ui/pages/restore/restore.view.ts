/**
 * Restoring in two steps on one page: how and where, then what exactly will happen. Nothing is
 * written before the second button. Pure.
 */
import { msg, t } from '../../../daemon/platform/messages.js';
import type { PermissionName } from '../../../daemon/auth/permissions/catalogue.js';
import type { RestoreAction, RestorePreview } from '../../../daemon/engine/types.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import type { RestoreCondition } from '../../../daemon/runs/restore-condition.entity.js';
import type { Snapshot } from '../../../daemon/runs/snapshot.entity.js';
import { listOf, problemOf, textOf } from '../../form.js';
import { urls } from '../../routes.js';
import {
  countText,
  displayText,
  sizeText,
  timeView,
  type IconName,
  type StateView,
  type TimeView,
  type Tone,
} from '../../wording.js';
import { conditionViews, type ConditionView } from '../../condition-view.js';
import { itemWords } from '../../items-view.js';
import { snapshotState, type Names } from '../../work-view.js';
import { displayReference, formReference } from '../snapshot/path-trail.js';

/** The ways a restore can go, as the form offers them. */
export type Place = 'overlay' | 'mirror' | 'beside' | 'directory';

export interface RestoreForm {
  paths: string[];
  /** Parts by their names, as in `database:shop`. */
  items: string[];
  place: Place;
  to: string;
  /** Name of another account; '' for its own. */
  intoAccount: string;
  confirm: string;
  /** Ids of conditions. */
  accept: string[];
}

/** What was typed, with defaults; never fails. */
export function readRestoreForm(body: Record<string, unknown>): RestoreForm {
  const place = textOf(body['place']);
  return {
    paths: listOf(body['path']),
    items: listOf(body['item']),
    place: isPlace(place) ? place : 'overlay',
    to: textOf(body['to']),
    intoAccount: textOf(body['intoAccount']),
    confirm: textOf(body['confirm']),
    accept: listOf(body['accept']),
  };
}

function isPlace(value: string): value is Place {
  return ['overlay', 'mirror', 'beside', 'directory'].includes(value);
}

/** The form in the words of the services. */
export function toRestoreInput(form: RestoreForm): {
  paths: string[];
  items?: string[];
  mode: 'overlay' | 'mirror';
  beside: boolean;
  to?: string;
  intoAccount?: string;
  confirm?: string;
  accept?: string[];
} {
  return {
    paths: form.paths,
    ...(form.items.length > 0 && { items: form.items }),
    mode: form.place === 'mirror' ? 'mirror' : 'overlay',
    beside: form.place === 'beside',
    ...(form.accept.length > 0 && { accept: form.accept }),
    ...(form.place === 'directory' && { to: form.to }),
    ...(form.intoAccount !== '' && { intoAccount: form.intoAccount }),
    ...(form.confirm !== '' && { confirm: form.confirm }),
  };
}

export interface PreviewView {
  counts: { action: string; count: string; tone: Tone; icon: IconName }[];
  room: string;
  targetPath: string;
  warnings: string[];
  changes: {
    path: string;
    action: string;
    tone: Tone;
    icon: IconName;
    size: string;
    reason: string;
  }[];
  listNote: string;
  hasNothingToDo: boolean;
}

export interface RestoreView {
  snapshotId: string;
  snapshotUrl: string;
  account: string;
  at: TimeView;
  state: StateView;
  warning: string | undefined;
  action: string;
  paths: string[];
  items: string[];
  chosen: string[];
  moreChosen: string | undefined;
  isEverything: boolean;
  places: { value: Place; label: string; hint: string; isChosen: boolean }[];
  /** Directories of the admin's are offered to admins only. */
  canChooseDirectory: boolean;
  place: Place;
  to: string;
  toProblem: string | undefined;
  intoAccount: string;
  intoAccountProblem: string | undefined;
  problem: string | undefined;
  confirmProblem: string | undefined;
  /** Why the account's name must be typed; undefined when nothing is at stake. */
  confirmReason: string | undefined;
  confirmName: string;
  /** What must be accepted before it starts. */
  conditions: ConditionView[];
  preview: PreviewView | undefined;
}

export interface RestoreViewInput {
  snapshot: Snapshot;
  names: Names;
  form: RestoreForm;
  preview: RestorePreview | undefined;
  problems: readonly Problem[];
  isAdmin: boolean;
  /** What the viewer may do; undefined: everything. */
  allowed?: ReadonlySet<PermissionName> | undefined;
  conditions: readonly RestoreCondition[];
  now: Date;
}

const MAX_CHOSEN = 12;

export function toRestoreView(input: RestoreViewInput): RestoreView {
  const { snapshot, form, problems } = input;
  const account = input.names.accounts.get(snapshot.accountId) ?? snapshot.accountId;
  const more = form.items.length + form.paths.length - MAX_CHOSEN;
  const known = ['to', 'intoAccount', 'confirm', 'accept'];
  const rest = problems.find((problem) => !known.includes(problem.field));
  return {
    snapshotId: snapshot.id,
    snapshotUrl: urls.snapshot(snapshot.id),
    account: displayText(account),
    at: timeView(snapshot.startedAt, input.now),
    state: snapshotState(snapshot),
    warning: warningOf(snapshot),
    action: urls.snapshotRestore(snapshot.id),
    paths: form.paths.map(formReference),
    items: form.items,
    chosen: [...form.items.map(itemWords), ...form.paths.map(displayReference)].slice(
      0,
      MAX_CHOSEN,
    ),
    moreChosen:
      more > 0
        ? t('and {more}', {
            more: t('{count, plural, one {# more entry} other {# more entries}}', { count: more }),
          })
        : undefined,
    isEverything: form.paths.length + form.items.length === 0,
    places: placesOf(input),
    canChooseDirectory: input.isAdmin,
    place: form.place,
    to: form.to,
    toProblem: problemOf(problems, 'to'),
    intoAccount: form.intoAccount,
    intoAccountProblem: problemOf(problems, 'intoAccount'),
    problem: rest?.message,
    confirmProblem: problemOf(problems, 'confirm'),
    confirmReason: confirmReason(input),
    confirmName: displayText(form.intoAccount === '' ? account : form.intoAccount),
    conditions: conditionViews(input.conditions, form.accept, problems.length > 0),
    preview: input.preview === undefined ? undefined : toPreview(input.preview),
  };
}

function warningOf(snapshot: Snapshot): string | undefined {
  if (snapshot.isDamaged) {
    return t('This snapshot is damaged. What cannot be read whole will not be written.');
  }
  if (snapshot.state !== 'incomplete') return undefined;
  const missing = t('{count, plural, one {# entry} other {# entries}}', {
    count: snapshot.problems,
  });
  return t('This snapshot is incomplete: {missing} could not be kept whole when it was made.', {
    missing,
  });
}

function confirmReason({ form, snapshot }: RestoreViewInput): string | undefined {
  if (form.place === 'mirror') return t('What the snapshot does not hold will be deleted.');
  if (form.intoAccount !== '') return t('This writes into another account.');
  return snapshot.isDamaged ? t('The snapshot is damaged.') : undefined;
}

const NEEDED: Partial<Record<Place, readonly PermissionName[]>> = {
  overlay: ['restore.overwrite'],
  beside: ['restore.new-folder'],
  mirror: ['restore.overwrite', 'restore.mirror'],
};

function placesOf({ form, isAdmin, allowed }: RestoreViewInput): RestoreView['places'] {
  const places: { value: Place; label: string; hint: string }[] = [
    {
      value: 'overlay',
      label: t('Put it back'),
      hint: t('Writes what is missing or different. Deletes nothing.'),
    },
    {
      value: 'beside',
      label: t('Into a new folder beside'),
      hint: t('Touches nothing that is there: compare first, then move what you need.'),
    },
    {
      value: 'mirror',
      label: t('Make it exactly as it was'),
      hint: t('Also deletes what was not there then. Asks for the account name.'),
    },
  ];
  if (isAdmin) {
    places.push({
      value: 'directory',
      label: t('Into another directory'),
      hint: t('An absolute path on this server that only admins can write.'),
    });
  }
  const open = places.filter(({ value }) =>
    (NEEDED[value] ?? []).every((permission) => allowed === undefined || allowed.has(permission)),
  );
  const isThere = open.some(({ value }) => value === form.place);
  const chosen = isThere ? form.place : open[0]?.value;
  return open.map((place) => ({ ...place, isChosen: place.value === chosen }));
}

const ACTIONS: Record<RestoreAction, { word: string; tone: Tone; icon: IconName }> = {
  created: { word: msg('Created'), tone: 'good', icon: 'check-circle-fill' },
  replaced: { word: msg('Replaced'), tone: 'accent', icon: 'arrow-counterclockwise' },
  deleted: { word: msg('Deleted'), tone: 'bad', icon: 'x-octagon' },
  skipped: { word: msg('Skipped'), tone: 'warn', icon: 'exclamation-triangle-fill' },
  unchanged: { word: msg('Unchanged'), tone: 'quiet', icon: 'dash-circle' },
};

/** Also of an undo. */
export function toPreview(preview: RestorePreview): PreviewView {
  const actions = Object.keys(ACTIONS) as RestoreAction[];
  const { counts } = preview;
  const free =
    preview.freeBytes === undefined
      ? ''
      : t(', {freeBytes} free', { freeBytes: sizeText(preview.freeBytes) });
  const listed = t('{count, plural, one {# change} other {# changes}}', {
    count: preview.changes.length,
  });
  return {
    counts: actions
      .filter((action) => action !== 'skipped' || counts.skipped > 0)
      .map((action) => {
        const { word, tone, icon } = ACTIONS[action];
        return { action: t(word), count: countText(counts[action]), tone, icon };
      }),
    room: t('{bytes} to write{free}', { bytes: sizeText(preview.bytes), free }),
    targetPath: displayText(preview.targetPath),
    warnings: preview.warnings.map(displayText),
    changes: preview.changes.map((change) => ({
      path: displayText(change.path),
      action: t(ACTIONS[change.action].word),
      tone: ACTIONS[change.action].tone,
      icon: ACTIONS[change.action].icon,
      size: change.sizeBytes === 0 ? '' : sizeText(change.sizeBytes),
      reason: change.reason === undefined ? '' : displayText(change.reason),
    })),
    listNote: preview.isTruncated ? t('the first {listed}', { listed }) : listed,
    hasNothingToDo: counts.created + counts.replaced + counts.deleted === 0,
  };
}
