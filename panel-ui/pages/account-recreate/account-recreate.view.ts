/** What would make an account again, and the form that does it. Pure. */
import { shellWords } from '../../../daemon/platform/shell-words.js';
import type { Problem } from '../../../daemon/platform/errors.js';
import type { Recreation } from '../../../daemon/restores/recreations.service.js';
import type { RestoreCondition } from '../../../daemon/runs/restore-condition.entity.js';
import { conditionViews, type ConditionView } from '../../condition-view.js';
import { problemOf } from '../../form.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface AccountRecreateView {
  account: string;
  accountUrl: string;
  action: string;
  commands: string[];
  obstacles: string[];
  notes: string[];
  snapshot: { id: string; url: string } | undefined;
  conditions: ConditionView[];
  problem: string | undefined;
  confirmProblem: string | undefined;
}

export function toAccountRecreateView(
  { account, steps, obstacles, notes, snapshot }: Recreation,
  asked: {
    conditions: readonly RestoreCondition[];
    accept: readonly string[];
    problems: readonly Problem[];
  },
): AccountRecreateView {
  const { problems } = asked;
  const rest = problems.find(({ field }) => field !== 'confirm' && field !== 'accept');
  return {
    account: displayText(account.name),
    accountUrl: urls.account(account.id),
    action: urls.accountRecreate(account.id),
    commands: steps.map(({ program, args }) => displayText(shellWords([program, ...args]))),
    obstacles: obstacles.map(displayText),
    notes: notes.map(displayText),
    snapshot: snapshot && { id: snapshot.id, url: urls.snapshot(snapshot.id) },
    conditions: conditionViews(asked.conditions, asked.accept, problems.length > 0),
    problem: rest?.message,
    confirmProblem: problemOf(problems, 'confirm'),
  };
}
