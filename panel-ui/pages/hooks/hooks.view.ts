import { msg, t } from '../../../daemon/platform/messages.js';
import type { Hook } from '../../../daemon/jobs/hook.entity.js';
import { pageOf, type PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import { displayText, type StateView } from '../../wording.js';

export interface HooksView {
  newUrl: string;
  hooks: { name: string; url: string; when: string; program: string; state: StateView }[];
  pager: PagerView | undefined;
}

export function toHooksView(hooks: readonly Hook[], page: number): HooksView {
  const { rows, pager } = pageOf(hooks, page, (other) => urls.hooks({ page: other }));
  return {
    pager,
    newUrl: urls.newHook(),
    hooks: rows.map((hook) => ({
      name: displayText(hook.name),
      url: urls.hook(hook.name),
      when: whenText(hook),
      program: displayText(hook.program),
      state: switchState(hook),
    })),
  };
}

/** `before each account of a run` */
export function whenText({ moment, subject }: Pick<Hook, 'moment' | 'subject'>): string {
  return t(MOMENTS[moment][subject]);
}

export function switchState({ isEnabled }: Pick<Hook, 'isEnabled'>): StateView {
  return isEnabled
    ? { word: t('On'), icon: 'check-circle-fill', tone: 'good' }
    : { word: t('Off'), icon: 'dash-circle', tone: 'quiet' };
}

const MOMENTS = {
  before: {
    run: msg('before a run of a job'),
    task: msg('before each account of a run'),
    restore: msg('before a restore'),
  },
  after: {
    run: msg('after a run of a job'),
    task: msg('after each account of a run'),
    restore: msg('after a restore'),
  },
} as const;
