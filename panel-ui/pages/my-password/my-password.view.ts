import type { Actor } from '../../../daemon/auth/actor.js';
import type { UserView } from '../../../daemon/auth/users.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { myAccountTabs, type TabView } from '../../my-account-tabs.js';
import { urls } from '../../routes.js';
import { displayText } from '../../wording.js';

export interface MyPasswordView {
  tabs: TabView[];
  action: string;
  heading: string;
  /** For password managers. */
  name: string;
  laterUrl: string | undefined;
  problem: string | undefined;
}

export function toMyPasswordView(
  actor: Actor,
  { name, hasPassword }: UserView,
  problem: string | undefined,
): MyPasswordView {
  return {
    tabs: myAccountTabs(actor, 'password'),
    action: urls.myPassword(),
    heading: hasPassword ? t('Change your password') : t('Set a password'),
    name: displayText(name),
    laterUrl: hasPassword ? undefined : urls.dashboard(),
    problem,
  };
}
