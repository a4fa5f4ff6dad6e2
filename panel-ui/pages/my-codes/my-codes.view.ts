import type { Actor } from '../../../daemon/auth/actor.js';
import type { TotpProposal } from '../../../daemon/auth/totp.service.js';
import type { TwoFactorState } from '../../../daemon/auth/two-factor.service.js';
import { myAccountTabs, type TabView } from '../../my-account-tabs.js';
import { urls } from '../../routes.js';
import { toTotpSetUpView, type TotpSetUpView } from '../../totp-view.js';
import { timeViewOrNone, type TimeView } from '../../wording.js';

export interface MyCodesView {
  tabs: TabView[];
  /** Undefined while they are not asked for. */
  since: TimeView | undefined;
  codesLeft: number;
  canTurnOff: boolean;
  /** Codes go with a password. */
  needsPassword: boolean;
  setUp: TotpSetUpView | undefined;
  problem: string | undefined;
  /** Shown once. */
  recoveryCodes: string[];
  urls: { set: string; off: string; renew: string; password: string; here: string };
}

export async function toMyCodesView(
  actor: Actor,
  { user, isRequired, codesLeft }: TwoFactorState,
  shown: {
    proposal?: TotpProposal | undefined;
    problem?: string | undefined;
    recoveryCodes?: string[];
  },
  now: Date,
): Promise<MyCodesView> {
  return {
    tabs: myAccountTabs(actor, 'codes'),
    since: timeViewOrNone(user.totpSince, now),
    codesLeft,
    canTurnOff: !isRequired,
    needsPassword: !user.hasPassword,
    setUp: shown.proposal && (await toTotpSetUpView(shown.proposal)),
    problem: shown.problem,
    recoveryCodes: shown.recoveryCodes ?? [],
    urls: {
      set: urls.myCodes(),
      off: urls.myCodesOff(),
      renew: urls.myCodesRenew(),
      password: urls.myPassword(),
      here: urls.myCodes(),
    },
  };
}
