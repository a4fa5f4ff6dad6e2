import { z } from 'zod';
import { browserName } from '../auth/browser-name.js';
import type { LockOutView } from '../auth/lock-outs.service.js';
import type { SessionView } from '../auth/session-list.service.js';

const instant = z.iso.datetime();

export const sessionView = z
  .strictObject({
    id: z.string(),
    /** The user; the account, for who came by a link of its panel; or `root`. */
    who: z.string(),
    role: z.string(),
    address: z.string(),
    browser: z.string(),
    createdAt: instant,
    lastSeenAt: instant,
  })
  .meta({ id: 'Session' });
export type SessionAnswer = z.infer<typeof sessionView>;

export const revokedView = z.strictObject({ revoked: z.int() }).meta({ id: 'RevokedSessions' });

export const lockOutView = z
  .strictObject({
    id: z.string(),
    /** Null for a name that is no user's: it may be a mistyped password. */
    user: z.string().nullable(),
    /** Null for the second step, which counts all addresses together. */
    address: z.string().nullable(),
    failures: z.int(),
    until: instant,
  })
  .meta({ id: 'LockOut' });
export type LockOutAnswer = z.infer<typeof lockOutView>;

export function toSessionAnswer(session: SessionView): SessionAnswer {
  const { id, who, role, address, userAgent, createdAt, lastSeenAt } = session;
  return { id, who, role, address, browser: browserName(userAgent), createdAt, lastSeenAt };
}

export function toLockOutAnswer({
  id,
  user,
  address,
  failures,
  until,
}: LockOutView): LockOutAnswer {
  return { id, user: user ?? null, address: address === '' ? null : address, failures, until };
}
