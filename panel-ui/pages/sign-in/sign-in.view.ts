import type { Problem } from '../../../daemon/platform/errors.js';
import { t } from '../../../daemon/platform/messages.js';
import { problemOf, textOf } from '../../form.js';
import { urls } from '../../routes.js';

export interface SignInView {
  action: string;
  name: string;
  next: string;
  /** About the whole form. */
  problem: string | undefined;
  nameProblem: string | undefined;
  passwordProblem: string | undefined;
}

/** What was typed comes back, the password never. */
export function toSignInView(input: {
  typed: Record<string, unknown>;
  next: string;
  problems: readonly Problem[];
}): SignInView {
  return {
    action: urls.signIn(),
    name: textOf(input.typed['name']),
    next: input.next,
    problem: problemOf(input.problems, ''),
    nameProblem: said(problemOf(input.problems, 'name')),
    passwordProblem: said(problemOf(input.problems, 'password')),
  };
}

/** Problems of the form's own schema are marked there and said here. */
function said(problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : t(problem);
}
