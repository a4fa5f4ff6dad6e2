import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface ConfirmView {
  action: string;
  name: string;
  next: string;
  /** Who has no password signs in again instead. */
  hasPassword: boolean;
  signOutUrl: string;
  problem: string | undefined;
}

export function toConfirmView(
  user: { name: string; hasPassword: boolean } | undefined,
  next: string,
  problem: string | undefined,
): ConfirmView {
  return {
    action: urls.confirm(),
    name: displayText(user?.name ?? ''),
    next,
    hasPassword: user?.hasPassword === true,
    signOutUrl: urls.signOut(),
    problem,
  };
}
