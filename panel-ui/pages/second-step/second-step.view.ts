import type { SecondStep } from '../../../daemon/auth/second-step.service.js';
import { urls } from '../../routes.js';
import { toTotpSetUpView, type TotpSetUpView } from '../../totp-view.js';
import { displayText } from '../../wording.js';

export interface SecondStepView {
  action: string;
  name: string;
  next: string;
  /** Only while a code of an app is set up. */
  setUp: TotpSetUpView | undefined;
  problem: string | undefined;
  signInUrl: string;
  /** Shown once, when the sign-in is done; there is nothing to type any more. */
  recoveryCodes: string[];
}

export async function toSecondStepView(
  step: SecondStep,
  next: string,
  problem: string | undefined,
): Promise<SecondStepView> {
  return {
    ...frame(next),
    name: displayText(step.name),
    setUp: step.kind === 'set-up' ? await toTotpSetUpView(step.proposal) : undefined,
    problem,
  };
}

/** The codes of a set-up that is done. */
export function toDoneView(recoveryCodes: string[], next: string): SecondStepView {
  return { ...frame(next), recoveryCodes };
}

function frame(next: string): SecondStepView {
  return {
    action: urls.secondStep(),
    name: '',
    next,
    setUp: undefined,
    problem: undefined,
    signInUrl: urls.signIn(next),
    recoveryCodes: [],
  };
}
