import { t } from '../../../daemon/platform/messages.js';
import type { Run } from '../../../daemon/runs/run.entity.js';
import { urls } from '../../routes.js';
import { stateView } from '../../wording.js';
import { RUN_KINDS, toRunRow, type Names, type RunRow } from '../../work-view.js';

export const RUNS_PAGE_SIZE = 50;

export const RUN_STATES = [
  'queued',
  'running',
  'complete',
  'incomplete',
  'failed',
  'cancelled',
  'interrupted',
] as const;

export interface RunsFilter {
  kind?: keyof typeof RUN_KINDS | undefined;
  state?: (typeof RUN_STATES)[number] | undefined;
  before?: number | undefined;
}

export interface RunsView {
  rows: RunRow[];
  filterUrl: string;
  clearUrl: string;
  kinds: { value: string; label: string; isChosen: boolean }[];
  states: { value: string; label: string; isChosen: boolean }[];
  isFiltered: boolean;
  newestUrl: string | undefined;
  olderUrl: string | undefined;
  isAdmin: boolean;
}

/** `runs` may hold one more than a page: then there are older ones. */
export function toRunsView(input: {
  runs: readonly Run[];
  names: Names;
  filter: RunsFilter;
  isAdmin: boolean;
  now: Date;
}): RunsView {
  const { kind, state, before } = input.filter;
  const shown = input.runs.slice(0, RUNS_PAGE_SIZE);
  const chosen = { ...(kind && { kind }), ...(state && { state }) };
  const last = shown.at(-1);
  const hasOlder = input.runs.length > RUNS_PAGE_SIZE && last !== undefined;
  return {
    rows: shown.map((run) => toRunRow(run, input.names, input.now)),
    filterUrl: urls.runs(),
    clearUrl: urls.runs(),
    kinds: options(
      Object.entries(RUN_KINDS).map(([value, label]) => [value, t(label)]),
      kind,
      t('All kinds'),
    ),
    states: options(
      RUN_STATES.map((value) => [value, stateView(value).word]),
      state,
      t('All states'),
    ),
    isFiltered: kind !== undefined || state !== undefined,
    newestUrl: before === undefined ? undefined : urls.runs(chosen),
    olderUrl: hasOlder ? urls.runs({ ...chosen, before: last.id }) : undefined,
    isAdmin: input.isAdmin,
  };
}

function options(
  choices: [string, string][],
  chosen: string | undefined,
  none: string,
): RunsView['kinds'] {
  return [['', none] as [string, string], ...choices].map(([value, label]) => ({
    value,
    label,
    isChosen: value === (chosen ?? ''),
  }));
}
