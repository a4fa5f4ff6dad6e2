import { describe, expect, it } from 'vitest';
import type { Actor } from '../auth/actor.js';
import { restoreInput, type RestoreInput } from './restore-input.js';
import {
  requirePlaceable,
  requireReadable,
  requireUndamaged,
  requireVisible,
  targetOf,
} from './restore-rules.js';
import { Snapshot, type SnapshotState } from './snapshot.entity.js';

const admin: Actor = { role: 'admin', label: 'root', origin: 'cli' };
const tenant: Actor = {
  role: 'account',
  accountId: 'a1',
  accountName: 'shop',
  label: 'shop',
  origin: 'panel',
};
const account = { name: 'shop', state: 'active' } as const;

function snapshot(given: Partial<Snapshot> = {}): Snapshot {
  const all = {
    id: 's1',
    accountId: 'a1',
    state: 'complete',
    isDamaged: false,
    removedAt: null,
    missingAt: null,
  };
  return Object.assign(new Snapshot(), all, given);
}

function ask(
  actor: Actor,
  input: RestoreInput,
  of: { name: string; state: 'active' | 'gone' } = account,
) {
  return targetOf(actor, restoreInput.parse(input), of, false);
}

describe('requireVisible', () => {
  it('hides what is removed, kept apart or not there behind the same answer', () => {
    expect(requireVisible(tenant, snapshot(), 's1').id).toBe('s1');
    expect(requireVisible(admin, snapshot({ accountId: 'a2' }), 's1').id).toBe('s1');
    const hidden = [undefined, snapshot({ isSafety: true }), snapshot({ removedAt: 'x' })];
    for (const each of hidden) {
      expect(() => requireVisible(tenant, each, 's1')).toThrow('There is no snapshot "s1".');
    }
  });
});

describe('requireReadable', () => {
  it.each<[SnapshotState, boolean]>([
    ['complete', true],
    ['incomplete', true],
    ['in-progress', false],
    ['failed', false],
    ['expired', false],
  ])('%s: %s', (state, isReadable) => {
    const check = () => {
      requireReadable(snapshot({ state }));
    };
    if (isReadable) expect(check).not.toThrow();
    else expect(check).toThrow(/only complete and incomplete/);
  });
});

describe('a damaged snapshot', () => {
  const damaged = snapshot({ isDamaged: true });

  it('is for admins who confirm', () => {
    expect(() => requireUndamaged(admin, damaged, account, undefined)).toThrow(/"shop"/);
    expect(() => requireUndamaged(admin, damaged, account, 'other')).toThrow(/"shop"/);
    expect(() => requireUndamaged(admin, damaged, account, 'shop')).not.toThrow();
    expect(() => requireUndamaged(tenant, damaged, account, 'shop')).toThrow(/ask your host/);
    expect(() => requireUndamaged(tenant, snapshot(), account, undefined)).not.toThrow();
  });
});

describe('targetOf', () => {
  it('goes where it was asked to', () => {
    expect(ask(tenant, {})).toEqual({ place: 'original', mode: 'overlay' });
    expect(ask(tenant, { beside: true })).toEqual({ place: 'beside' });
    expect(ask(admin, { to: '/srv/x' })).toEqual({
      place: 'directory',
      path: '/srv/x',
      mode: 'overlay',
    });
  });

  it('gives an account no way out of its home', () => {
    expect(() => ask(tenant, { to: '/home/shop/x' })).toThrow(
      expect.objectContaining({ kind: 'denied', code: 'restore.directory-denied' }),
    );
  });

  it('asks for the name before it mirrors, also into a directory, but not to preview', () => {
    for (const input of [{}, { to: '/srv/x' }]) {
      expect(() => ask(admin, { ...input, mode: 'mirror' })).toThrow(/confirm/);
      expect(() => ask(admin, { ...input, mode: 'mirror', confirm: 'shop2' })).toThrow(/confirm/);
      expect(ask(admin, { ...input, mode: 'mirror', confirm: 'shop' })).toMatchObject({
        mode: 'mirror',
      });
    }
    const mirror = restoreInput.parse({ mode: 'mirror' });
    expect(targetOf(tenant, mirror, account, true)).toEqual({ place: 'original', mode: 'mirror' });
  });

  it('restores an account that is gone into a directory only', () => {
    const gone = { name: 'shop', state: 'gone' } as const;
    expect(() => ask(admin, {}, gone)).toThrow(/no longer on this server/);
    expect(() => ask(admin, { beside: true }, gone)).toThrow(/no longer on this server/);
    expect(ask(admin, { to: '/srv/x' }, gone)).toMatchObject({ place: 'directory' });
  });
});

describe('requirePlaceable', () => {
  const original = { place: 'original', mode: 'overlay' } as const;

  it('refuses what has no original place', () => {
    const inHome = { paths: ['homedir', 'homedir/a', 'base64:aG9tZWRpci//'], items: ['files'] };
    expect(() => requirePlaceable(inHome, original)).not.toThrow();
    expect(() => requirePlaceable({ paths: [], items: [] }, original)).not.toThrow();
    expect(() => requirePlaceable({ paths: ['homedirectory'], items: [] }, original)).toThrow(
      /beside/,
    );
    expect(() => requirePlaceable({ paths: ['config/account.json'], items: [] }, original)).toThrow(
      /config\/account.json/,
    );
    expect(() =>
      requirePlaceable({ paths: ['config/account.json'], items: [] }, { place: 'beside' }),
    ).not.toThrow();
  });

  it('takes every item, and the folders of what belongs to an account besides its home', () => {
    const items = ['files', 'config', 'cron', 'ftp', 'database:a', 'database-user:a', 'mailbox:a@b.c', 'zone:b.c', 'certificate:b.c']; // prettier-ignore
    const paths = ['mail', 'cron/crontab', 'zones/b.c.zone', 'certificates/b.c', 'ftp', 'config/panel/x']; // prettier-ignore
    const input = restoreInput.parse({ paths, items });
    expect(() => requirePlaceable(input, original)).not.toThrow();
  });
});
