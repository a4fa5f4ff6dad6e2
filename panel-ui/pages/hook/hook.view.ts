import { t } from '../../../daemon/platform/messages.js';
import type { HookEnd } from '../../../daemon/jobs/hook-program.js';
import type { Hook } from '../../../daemon/jobs/hook.entity.js';
import { urls } from '../../routes.js';
import { displayText, timeView, type StateView, type TimeView } from '../../wording.js';
import { switchState, whenText } from '../hooks/hooks.view.js';

export interface HookView {
  name: string;
  when: string;
  state: StateView;
  program: string;
  args: string[];
  timeLimit: string;
  addedAt: TimeView;
  switch: { value: 'yes' | 'no'; label: string };
  /** How a try that was just made ended. */
  tried: { isOk: boolean; text: string; output: string[] } | undefined;
  urls: { list: string; test: string; switch: string; remove: string };
}

export function toHookView(hook: Hook, tried: HookEnd | undefined, now: Date): HookView {
  const { name, program, args, timeoutSeconds, isEnabled, createdAt } = hook;
  return {
    name: displayText(name),
    when: whenText(hook),
    state: switchState(hook),
    program: displayText(program),
    args: args.map(displayText),
    timeLimit: `${timeoutSeconds} s`,
    addedAt: timeView(createdAt, now),
    switch: isEnabled
      ? { value: 'no', label: t('Switch off') }
      : { value: 'yes', label: t('Switch on') },
    tried: tried && {
      isOk: tried.isOk,
      text: tried.isOk ? t('The hook went well.') : displayText(tried.problem),
      output: tried.output.map(displayText),
    },
    urls: {
      list: urls.hooks(),
      test: urls.hookTest(name),
      switch: urls.hookSwitch(name),
      remove: urls.hookRemove(name),
    },
  };
}
