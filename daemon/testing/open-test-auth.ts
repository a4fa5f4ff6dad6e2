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
import { SessionsService } from '../auth/sessions.service.js';
import { SessionsStore } from '../auth/sessions.store.js';
import { SignInLinksService } from '../auth/sign-in-links.service.js';
import { SignInLinksStore } from '../auth/sign-in-links.store.js';
import { UsersService } from '../auth/users.service.js';
import { UsersStore } from '../auth/users.store.js';
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

export async function openTestAuth() {
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
    ...buildAuth(dataSource, accounts, clock),
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

function buildAuth(dataSource: DataSource, accounts: AccountsService, clock: FakeClock) {
  const events = new EventsService(new EventsStore(dataSource), permissionsOf(dataSource), clock);
  const usersStore = new UsersStore(dataSource);
  const actors = new ActorsService(usersStore, new AccountsStore(dataSource), WITHOUT_DATABASES);
  const sessionsStore = new SessionsStore(dataSource);
  const sessions = new SessionsService(sessionsStore, actors, clock);
  const linksStore = new SignInLinksStore(dataSource);
  const links = new SignInLinksService(linksStore, usersStore, accounts, clock);
  const users = new UsersService(usersStore, sessionsStore, accounts, events, clock);
  const tokens = new ApiTokensService(new ApiTokensStore(dataSource), users, actors, events, clock);
  const auth = new AuthService(usersStore, sessions, links, events, clock);
  return { actors, sessions, links, users, tokens, auth };
}
