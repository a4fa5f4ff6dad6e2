import type { Actor } from '../../../daemon/auth/actor.js';
import { browserName } from '../../../daemon/auth/browser-name.js';
import type { SessionView } from '../../../daemon/auth/session-list.service.js';
import { t } from '../../../daemon/platform/messages.js';
import { myAccountTabs, type TabView } from '../../my-account-tabs.js';
import { pageOf, type PagerView } from '../../pager.js';
import { urls } from '../../routes.js';
import { displayText, timeView, type TimeView } from '../../wording.js';

export interface SessionsView {
  tabs: TabView[];
  isAll: boolean;
  /** To the others: everybody's, or one's own. Only for an admin. */
  other: { label: string; href: string } | undefined;
  sessions: SessionRow[];
  pager: PagerView | undefined;
  hasOthers: boolean;
  whose: string;
  urls: { end: string; endOthers: string };
}

interface SessionRow {
  id: string;
  who: string;
  browser: string;
  userAgent: string;
  address: string;
  since: TimeView;
  seen: TimeView;
  isThis: boolean;
}

export function toSessionsView(
  actor: Actor,
  sessions: readonly SessionView[],
  { isAll, page }: { isAll: boolean; page: number },
  now: Date,
): SessionsView {
  const whose = isAll ? ('all' as const) : undefined;
  const { rows, pager } = pageOf(sessions, page, (other) => urls.sessions({ whose, page: other }));
  return {
    pager,
    tabs: myAccountTabs(actor, 'sessions'),
    isAll,
    other: actor.role === 'admin' ? otherView(isAll) : undefined,
    sessions: rows.map((session) => ({
      id: session.id,
      who: displayText(session.who),
      browser: displayText(browserName(session.userAgent)),
      userAgent: displayText(session.userAgent),
      address: displayText(session.address),
      since: timeView(session.createdAt, now),
      seen: timeView(session.lastSeenAt, now),
      isThis: session.isThis,
    })),
    hasOthers: !isAll && sessions.some(({ isThis }) => !isThis),
    whose: isAll ? 'all' : 'own',
    urls: { end: urls.sessionEnd(), endOthers: urls.sessionsEndOthers() },
  };
}

function otherView(isAll: boolean): SessionsView['other'] {
  return isAll
    ? { label: t('Only my own'), href: urls.sessions() }
    : { label: t('Everybody’s'), href: urls.sessions({ whose: 'all' }) };
}
