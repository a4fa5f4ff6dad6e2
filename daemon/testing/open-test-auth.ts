import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import type { DiscoveredAccount } from '../accounts/account-source.js';
import { AccountDatabases } from '../accounts/account-databases.js';
import { AccountsService } from '../accounts/accounts.service.js';
import { AccountsStore } from '../accounts/accounts.store.js';
import type { Actor } from '../auth/actor.js';
import { ActorsService } from '../auth/actors.service.js';
import { ApiTokensService } from '../auth/api-tokens.service.js';
import { ApiTokensStore } from '../auth/api-tokens.store.js';
import { AuthService } from '../auth/auth.service.js';
import { EventsService } from '../auth/events.service.js';
import { EventsStore } from '../auth/events.store.js';
import { PermissionSettings } from '../auth/permissions/permission-settings.service.js';
import { PermissionsStore } from '../auth/permissions/permissions.store.js';
import { LockOutsService } from '../auth/lock-outs.service.js';
import { PendingSignIns } from '../auth/pending-sign-ins.js';
import { RecoveryCodesStore } from '../auth/recovery-codes.store.js';
import { SecondStepService } from '../auth/second-step.service.js';
import { SessionListService } from '../auth/session-list.service.js';
import { SessionsService, type SignedIn } from '../auth/sessions.service.js';
import { SessionsStore } from '../auth/sessions.store.js';
import { SignInGate, type SignInAnswer } from '../auth/sign-in-gate.service.js';
import { SignInLimiter } from '../auth/sign-in-limiter.js';
import { SignInLinksService } from '../auth/sign-in-links.service.js';
import { SignInLinksStore } from '../auth/sign-in-links.store.js';
import { TotpService } from '../auth/totp.service.js';
import { TwoFactorService } from '../auth/two-factor.service.js';
import { UsersService } from '../auth/users.service.js';
import { UsersStore } from '../auth/users.store.js';
import { ViewAsService } from '../auth/view-as.service.js';
import type { Config } from '../platform/config-schema.js';
import { SecretBox } from '../platform/secret.js';
import { FakeClock } from './fake-clock.js';
import { openTestCatalogue } from './open-test-catalogue.js';
import { permissionsOf } from './permissions-of.js';

export const rootActor: Actor = { role: 'admin', label: 'root', uid: 0, origin: 'cli' };

/** Accounts and auth on a real catalogue, with two accounts: alice (uid 5001) and bob (5002). */
export const WITHOUT_DATABASES = {
  databases: { mariadb: 'off', postgresql: 'off', byPrefix: true },
  accounts: {
    source: 'auto',
    uidMin: 1000,
    uidMax: 2000,
    mayRecreate: false,
    resellersOverSocket: false,
  },
  sandbox: true,
} as const;

type RequireTotp = Config['auth']['requireTotp'];

export async function openTestAuth(requireTotp: RequireTotp = 'none') {
  const dataSource = await openTestCatalogue();
  const clock = new FakeClock();
  const events = new EventsService(new EventsStore(dataSource), permissionsOf(dataSource), clock);
  const source = {
    name: 'told',
    listed: [listedAccount('alice', 5001), listedAccount('bob', 5002)],
  };
  const store = new AccountsStore(dataSource);
  const accounts = new AccountsService(
    store,
    events,
    { name: source.name, discover: () => Promise.resolve(source.listed) },
    clock,
    new AccountDatabases(store, WITHOUT_DATABASES, { swaps: '/nowhere' }),
    permissionsOf(dataSource),
  );
  await accounts.refresh();
  const permissions = permissionsOf(dataSource);
  const settings = new PermissionSettings(
    new PermissionsStore(dataSource),
    accounts,
    events,
    clock,
  );
  const given = { permissions, settings };
  return {
    dataSource,
    clock,
    source,
    accounts,
    events,
    ...given,
    ...buildAuth({ dataSource, accounts, clock, requireTotp }),
  };
}

export function listedAccount(name: string, uid: number): DiscoveredAccount {
  return { name, uid, gid: uid, home: `/home/${name}`, user: name };
}

/** The actor of an account, as the socket would name it. */
export async function accountActor(accounts: AccountsService, name: string): Promise<Actor> {
  const { id } = await accounts.get(rootActor, name);
  return { role: 'account', accountId: id, accountName: name, label: name, origin: 'cli' };
}

/** What signs in, answered with a session; a second step is an error. */
export async function entered(answer: Promise<SignInAnswer>): Promise<SignedIn> {
  const { kind, ...signedIn } = await answer;
  if (kind === 'signed-in') return signedIn as SignedIn;
  throw new Error('A second step is asked for.');
}

interface AuthGround {
  dataSource: DataSource;
  accounts: AccountsService;
  clock: FakeClock;
  requireTotp: RequireTotp;
}

function buildAuth({ dataSource, accounts, clock, requireTotp }: AuthGround) {
  const config = { auth: { requireTotp }, server: { name: 'test' } };
  const events = new EventsService(new EventsStore(dataSource), permissionsOf(dataSource), clock);
  const usersStore = new UsersStore(dataSource);
  const actors = new ActorsService(usersStore, new AccountsStore(dataSource), WITHOUT_DATABASES);
  const sessionsStore = new SessionsStore(dataSource);
  const sessions = new SessionsService(sessionsStore, actors, events, clock);
  const linksStore = new SignInLinksStore(dataSource);
  const links = new SignInLinksService(linksStore, usersStore, accounts, events, clock);
  const limiter = new SignInLimiter(clock);
  const pending = new PendingSignIns(clock);
  const box = new SecretBox(randomBytes(32));
  const codes = new RecoveryCodesStore(dataSource);
  const totp = new TotpService(usersStore, codes, box, config, clock);
  const gate = new SignInGate(sessions, totp, pending, events);
  const users = new UsersService(usersStore, sessionsStore, accounts, events, clock);
  const tokens = new ApiTokensService(new ApiTokensStore(dataSource), users, actors, events, clock);
  const auth = new AuthService(usersStore, sessions, links, gate, limiter);
  return {
    ...{ actors, sessions, users, tokens, auth },
    secondStep: new SecondStepService(pending, usersStore, totp, gate, limiter),
    twoFactor: new TwoFactorService(users, totp, events, limiter, clock),
    lockOuts: new LockOutsService(limiter, usersStore, events),
    sessionList: new SessionListService(sessions, sessionsStore, users, accounts, events),
    viewAs: new ViewAsService(sessionsStore, accounts, events),
  };
}
