import 'reflect-metadata';
import { describe, expect, it } from 'vitest';
import { accountActor, entered, openTestAuth, rootActor } from '../testing/open-test-auth.js';
import { totpCode } from './totp.js';

const PASSWORD = 'correct horse battery';
const browser = { address: '10.0.0.1', userAgent: 'Firefox' };
const STEP_MS = 30_000;

type Auth = Awaited<ReturnType<typeof openTestAuth>>;

/** Ada, who has set up codes. */
async function withTotp() {
  const it = await openTestAuth();
  const user = await it.users.add(rootActor, { name: 'ada', password: PASSWORD });
  const { actor } = await entered(it.auth.signIn('ada', PASSWORD, browser));
  const { sealed, secret } = await it.twoFactor.propose(actor);
  const code = totpCode(secret, it.clock.now());
  const recoveryCodes = await it.twoFactor.turnOn(actor, { sealed, code });
  it.clock.advanceMs(STEP_MS);
  const codeNow = () => totpCode(secret, it.clock.now());
  return { ...it, user, actor, secret, recoveryCodes, codeNow };
}

async function pendingOf({ auth }: Pick<Auth, 'auth'>): Promise<string> {
  const answer = await auth.signIn('ada', PASSWORD, browser);
  if (answer.kind !== 'second-step') throw new Error('No second step.');
  return answer.secondStep;
}

describe('signing in with a code of an app', () => {
  it('begins no session before the code, and one after it', async () => {
    const it = await withTotp();
    const rows = () => it.dataSource.query<unknown[]>('SELECT * FROM session');
    expect(await rows()).toHaveLength(1);
    const token = await pendingOf(it);
    expect(await rows()).toHaveLength(1);
    expect(await it.sessions.find(token, browser.address)).toBeUndefined();
    const { actor } = await it.secondStep.finish(token, { code: it.codeNow() }, browser);
    expect(actor).toMatchObject({ role: 'admin', label: 'ada', userId: it.user.id });
    const [started] = await it.events.list(rootActor, { limit: 1 });
    expect(started).toMatchObject({ action: 'session.started', details: { by: 'password+totp' } });
  });

  it('takes no code twice, also not at once, and none of before', async () => {
    const it = await withTotp();
    const code = it.codeNow();
    const tokens = await Promise.all([1, 2, 3].map(() => pendingOf(it)));
    const tries = tokens.map((token) => it.secondStep.finish(token, { code }, browser));
    const ends = (await Promise.allSettled(tries)).map(({ status }) => status);
    expect(ends.toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    const before = totpCode(it.secret, new Date(it.clock.now().getTime() - STEP_MS));
    await expect(
      it.secondStep.finish(await pendingOf(it), { code: before }, browser),
    ).rejects.toMatchObject({ code: 'totp.code-wrong' });
  });

  it('takes a recovery code once, and keeps only hashes', async () => {
    const it = await withTotp();
    const [code = ''] = it.recoveryCodes;
    const stored = JSON.stringify(await it.dataSource.query('SELECT * FROM recovery_code'));
    for (const one of it.recoveryCodes) expect(stored).not.toContain(one);
    await it.secondStep.finish(await pendingOf(it), { code: code.toUpperCase() }, browser);
    expect(await it.twoFactor.look(it.actor)).toMatchObject({ codesLeft: 9 });
    await expect(
      it.secondStep.finish(await pendingOf(it), { code }, browser),
    ).rejects.toMatchObject({ code: 'totp.code-wrong' });
  });

  it('keeps the secret sealed, for this user alone', async () => {
    const it = await withTotp();
    const rows = await it.dataSource.query<{ totp_secret: string }[]>('SELECT * FROM user');
    expect(JSON.stringify(rows)).not.toContain(it.secret);
    expect(JSON.stringify(await it.users.list(rootActor))).not.toContain(rows[0]?.totp_secret);
    await it.users.add(rootActor, { name: 'eve', password: PASSWORD });
    await it.dataSource.query(
      `UPDATE user SET totp_secret = (SELECT totp_secret FROM user WHERE name = 'ada')`,
    );
    const answer = await it.auth.signIn('eve', PASSWORD, browser);
    const token = answer.kind === 'second-step' ? answer.secondStep : '';
    await expect(
      it.secondStep.finish(token, { code: it.codeNow() }, browser),
    ).rejects.toMatchObject({ code: 'secret.cannot-open' });
  });

  it('is over after five minutes, after five tries and once finished', async () => {
    const it = await withTotp();
    const late = await pendingOf(it);
    it.clock.advanceMs(5 * 60_000);
    const over = { code: 'auth.step-over' };
    await expect(it.secondStep.look(late)).rejects.toMatchObject(over);
    await expect(it.secondStep.finish(late, { code: it.codeNow() }, browser)).rejects.toMatchObject(over); // prettier-ignore
    const done = await pendingOf(it);
    await it.secondStep.finish(done, { code: it.codeNow() }, browser);
    it.clock.advanceMs(STEP_MS);
    await expect(it.secondStep.finish(done, { code: it.codeNow() }, browser)).rejects.toMatchObject(over); // prettier-ignore
    await expect(it.secondStep.look('made up')).rejects.toMatchObject(over);
  });

  it('counts tries from all addresses together, also when they come at once', async () => {
    const it = await withTotp();
    const tokens: string[] = [];
    for (let n = 0; n < 8; n++) tokens.push(await pendingOf(it));
    const guesses = tokens.map((token, n) =>
      it.secondStep
        .finish(token, { code: `00000${n}` }, { ...browser, address: `10.0.0.${n}` })
        .catch((error: unknown) => (error as { code: string }).code),
    );
    const codes = await Promise.all(guesses);
    expect(codes.filter((code) => code === 'totp.code-wrong')).toHaveLength(5);
    expect(codes.filter((code) => code === 'auth.too-many-attempts')).toHaveLength(3);
    const [lockOut] = await it.lockOuts.list(rootActor);
    expect(lockOut).toMatchObject({ user: 'ada', address: '', failures: 5 });
    await it.lockOuts.lift(rootActor, lockOut?.id ?? '');
    await it.secondStep.finish(await pendingOf(it), { code: it.codeNow() }, browser);
  });

  it('is asked for after a link to the user, too', async () => {
    const it = await withTotp();
    const link = await it.auth.createSignInLink(rootActor, { user: 'ada' });
    expect(await it.auth.redeemLink(link.token, browser)).toMatchObject({ kind: 'second-step' });
    const own = await it.auth.createSignInLink(it.actor);
    expect(await it.auth.redeemLink(own.token, browser)).toMatchObject({ kind: 'second-step' });
  });

  it('is not asked of API tokens', async () => {
    const it = await withTotp();
    const { token } = await it.tokens.create(it.actor, { name: 'ci' });
    expect(await it.tokens.findActor(token, browser.address)).toMatchObject({ label: 'ada' });
  });

  it('ends with the user', async () => {
    const it = await withTotp();
    const token = await pendingOf(it);
    await it.users.add(rootActor, { name: 'other' });
    await it.users.setDisabled(rootActor, 'ada', true);
    await expect(it.secondStep.finish(token, { code: it.codeNow() }, browser)).rejects.toMatchObject({ code: 'auth.step-over' }); // prettier-ignore
  });
});

describe('where the configuration asks for codes', () => {
  it('who has none sets one up before there is a session', async () => {
    const it = await openTestAuth('admins');
    await it.users.add(rootActor, { name: 'ada', password: PASSWORD });
    const token = await pendingOf(it);
    const step = await it.secondStep.look(token);
    if (step.kind !== 'set-up') throw new Error('Nothing is set up.');
    const { sealed, secret } = step.proposal;
    expect(await it.secondStep.look(token, sealed)).toEqual(step);
    await expect(it.secondStep.finish(token, { code: '000000', sealed }, browser)).rejects.toMatchObject({ code: 'totp.code-wrong' }); // prettier-ignore
    await expect(it.secondStep.finish(token, { code: totpCode(secret, it.clock.now()) }, browser)).rejects.toMatchObject({ code: 'totp.proposal-old' }); // prettier-ignore
    const code = totpCode(secret, it.clock.now());
    const done = await it.secondStep.finish(token, { code, sealed }, browser);
    expect(done.recoveryCodes).toHaveLength(10);
    expect(await it.users.get(rootActor, 'ada')).toMatchObject({ hasTotp: true });
    await expect(it.twoFactor.turnOff(done.actor)).rejects.toMatchObject({ code: 'totp.required' });
  });

  it.each([
    ['none', 'signed-in'],
    ['admins', 'signed-in'],
    ['all', 'second-step'],
  ] as const)('of %s, an account’s user is %s', async (requireTotp, kind) => {
    const it = await openTestAuth(requireTotp);
    const user = { name: 'al', role: 'account', account: 'alice', password: PASSWORD } as const;
    await it.users.add(rootActor, user);
    expect(await it.auth.signIn('al', PASSWORD, browser)).toMatchObject({ kind });
    // From the control panel, whose sign-in is its own affair.
    const link = await it.auth.createSignInLink(await accountActor(it.accounts, 'alice'));
    expect(await it.auth.redeemLink(link.token, browser)).toMatchObject({ kind: 'signed-in' });
  });
});

describe('codes of an app', () => {
  it('are turned on and off by a fresh session only', async () => {
    const it = await withTotp();
    it.clock.advanceMs(15 * 60_000);
    const stale = { kind: 'denied', code: 'auth.not-fresh' };
    await expect(it.twoFactor.turnOff(it.actor)).rejects.toMatchObject(stale);
    await expect(it.twoFactor.renewCodes(it.actor)).rejects.toMatchObject(stale);
    await expect(it.tokens.create(it.actor, { name: 'ci' })).rejects.toMatchObject(stale);
    await expect(it.users.setPassword(it.actor, 'ada', 'a new long word')).rejects.toMatchObject(stale); // prettier-ignore
    expect(await it.users.get(rootActor, 'ada')).toMatchObject({ hasTotp: true });
  });

  it('are freshened by the password, which is limited as at the door', async () => {
    const it = await withTotp();
    const { token, session } = await it.secondStep.finish(await pendingOf(it), { code: it.codeNow() }, browser); // prettier-ignore
    it.clock.advanceMs(15 * 60_000);
    const actor = (await it.sessions.find(token, browser.address))?.actor ?? rootActor;
    await expect(it.auth.confirm(actor, session.id, 'wrong', browser)).rejects.toMatchObject({ code: 'auth.failed' }); // prettier-ignore
    await it.auth.confirm(actor, session.id, PASSWORD, browser);
    const fresh = (await it.sessions.find(token, browser.address))?.actor ?? rootActor;
    expect(await it.twoFactor.renewCodes(fresh)).toHaveLength(10);
    const guess = () => it.auth.confirm(fresh, session.id, 'wrong', browser).catch((error: unknown) => (error as { code: string }).code); // prettier-ignore
    const codes = [await guess(), await guess(), await guess(), await guess(), await guess()];
    expect([codes.at(-1), await guess()]).toEqual(['auth.failed', 'auth.too-many-attempts']);
  });

  it('are taken away by an admin, and by nobody else', async () => {
    const it = await withTotp();
    const alice = await accountActor(it.accounts, 'alice');
    await expect(it.twoFactor.reset(alice, 'ada')).rejects.toMatchObject({ kind: 'denied' });
    await it.twoFactor.reset(rootActor, 'ada');
    expect(await it.auth.signIn('ada', PASSWORD, browser)).toMatchObject({ kind: 'signed-in' });
    expect(await it.dataSource.query('SELECT * FROM recovery_code')).toEqual([]);
    const actions = (await it.events.list(rootActor, { limit: 9 })).map(({ action }) => action);
    expect(actions).toContain('user.totp-reset');
    expect(actions).toContain('user.totp-enabled');
  });

  it('need a password beside them', async () => {
    const it = await openTestAuth();
    await it.users.add(rootActor, { name: 'linked' });
    const link = await it.auth.createSignInLink(rootActor, { user: 'linked' });
    const { actor } = await entered(it.auth.redeemLink(link.token, browser));
    await expect(it.twoFactor.propose(actor)).rejects.toMatchObject({ code: 'totp.no-password' });
    await expect(it.twoFactor.look(rootActor)).rejects.toMatchObject({ code: 'user.none' });
  });
});
