import type { Express } from 'express';
import request, { type Response } from 'supertest';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import { ApiTokensService } from '../auth/api-tokens.service.js';
import { EventsService } from '../auth/events.service.js';
import { SessionsService, type SignedIn } from '../auth/sessions.service.js';
import type { UserInput } from '../auth/user-input.js';
import { UsersService } from '../auth/users.service.js';
import { handlerOf } from '../create-app.js';
import { DestinationSetup } from '../jobs/destination-setup.service.js';
import type { RunningDaemon } from '../lifecycle.js';
import { Run } from '../runs/run.entity.js';
import { Snapshot } from '../runs/snapshot.entity.js';
import { makeTempDir, removeTempDir } from '../testing/temp-dir.js';
import { startTestDaemon } from '../testing/test-daemon.js';
import { apiControllers } from './openapi.controller.js';
import { describeApi } from './openapi.js';

type Method = 'get' | 'post' | 'put' | 'delete';
interface Route {
  method: Method;
  /** As in the description: `/api/v1/jobs/{name}`. */
  path: string;
}

const BOBS_SNAPSHOT = '20261121T214512Z-3f9c2a';
const AT = '2026-11-21T21:45:12.000Z';

const described: Route[] = Object.entries(
  (describeApi(apiControllers(), '1') as { paths: Record<string, object> }).paths,
).flatMap(([path, methods]) =>
  Object.keys(methods).map((method) => ({ path, method: method as Method })),
);

let directory: string;
let store: string;
let daemon: RunningDaemon;
let panelUrl: string;
let socketUrl: string;
let adminToken: string;
let annaToken: string;
let ritaToken: string;
let bobsRunId: number;
let ids: { anna: string; bob: string; destination: string };

beforeAll(async () => {
  directory = await makeTempDir();
  const started = await startTestDaemon(directory);
  ({ daemon, store } = started);
  panelUrl = daemon.panelUrl ?? '';
  socketUrl = `http+unix://${encodeURIComponent(started.paths.socket)}`;
  adminToken = await makeToken('chief');
  annaToken = await makeToken('anna-user', { role: 'account', account: 'anna' });
  ritaToken = await makeToken('rita-user', { role: 'reseller', owner: 'rita' });
  ids = await findIds();
  bobsRunId = await insertRun({ kind: 'restore', accountId: ids.bob });
  await insertSnapshot();
});

afterAll(async () => {
  await daemon.stop();
  await removeTempDir(directory);
});

async function makeToken(name: string, given: Omit<UserInput, 'name'> = {}): Promise<string> {
  await daemon.app.get(UsersService, { strict: false }).add(systemActor, { name, ...given });
  const tokens = daemon.app.get(ApiTokensService, { strict: false });
  return (await tokens.create(systemActor, { name: 'test', user: name })).token;
}

async function findIds(): Promise<typeof ids> {
  const accounts = daemon.app.get(AccountsService, { strict: false });
  const setup = daemon.app.get(DestinationSetup, { strict: false });
  const input = { name: 'main', kind: 'local', path: store } as const;
  const destination = await setup.add(systemActor, input);
  return {
    anna: (await accounts.get(systemActor, 'anna')).id,
    bob: (await accounts.get(systemActor, 'bob')).id,
    destination: destination.id,
  };
}

async function insertRun(given: Partial<Run>): Promise<number> {
  const rows = daemon.app.get(DataSource, { strict: false });
  const inserted = await rows.getRepository(Run).insert({
    kind: 'backup',
    state: 'complete',
    trigger: 'manual',
    request: {},
    requestedBy: 'root',
    createdAt: AT,
    startedAt: AT,
    finishedAt: AT,
    ...given,
    // TypeORM's type for partial rows does not fit JSON columns.
  } as object);
  return Number(inserted.identifiers[0]?.['id']);
}

async function insertSnapshot(): Promise<void> {
  const row = {
    id: BOBS_SNAPSHOT,
    accountId: ids.bob,
    destinationId: ids.destination,
    key: 'none',
    state: 'complete',
    structure: 'archived',
    isDamaged: false,
    isLocked: false,
    isHidden: false,
    startedAt: AT,
    finishedAt: AT,
    entries: 1,
    files: 1,
    contentBytes: 1,
    storedBytes: 1,
    problems: 0,
    excluded: 0,
  };
  const rows = daemon.app.get(DataSource, { strict: false });
  await rows.getRepository(Snapshot).insert(row as object);
}

/** A route of the description with what belongs to bob in its places. */
function foreign({ path }: Route): string {
  return path
    .replace('alerts/{id}', 'alerts/1')
    .replace('runs/{id}', `runs/${bobsRunId}`)
    .replace('downloads/{id}', `downloads/${bobsRunId}`)
    .replace('{id}', BOBS_SNAPSHOT)
    .replace('accounts/{name}', 'accounts/bob')
    .replace('{name}', 'chief');
}

/** Bodies that a route would accept from an admin. */
function acceptableBody({ method, path }: Route): object | undefined {
  if (method === 'put') return { settings: {} };
  if (method !== 'post') return undefined;
  const bodies: Record<string, object> = {
    '/api/v1/destinations': { name: 'second', kind: 'local', path: store },
    '/api/v1/jobs': { name: 'j', accounts: 'all', destinations: ['main'], structure: 'archived' },
    '/api/v1/restores': { parts: [{ snapshot: 'not-there' }] },
    '/api/v1/restores/preview': { parts: [{ snapshot: 'not-there' }] },
    '/api/v1/conditions': { name: 'known', text: 'I know.' },
    '/api/v1/channels': { name: 'c', kind: 'ntfy', topic: 'ops' },
    '/api/v1/hooks': { name: 'h', moment: 'before', subject: 'run', program: '/usr/bin/true' },
    '/api/v1/hooks/{name}/switch': { isEnabled: false },
    '/api/v1/jobs/{name}/schedules': { kind: 'daily', time: '03:00' },
    '/api/v1/destinations/{name}/trust': { serverId: 'x', publicKeyPem: 'x' },
    '/api/v1/snapshots': { account: 'bob' },
    '/api/v1/snapshots/bulk': { action: 'lock', ids: [BOBS_SNAPSHOT] },
    '/api/v1/snapshots/{id}/assign': { account: 'bob' },
    '/api/v1/users': { name: 'somebody' },
    '/api/v1/accounts/{name}/excludes': { excludes: ['cache/'] },
    '/api/v1/accounts/{name}/tags': { tags: ['vip'] },
    '/api/v1/users/{name}/password': { password: 'correct horse battery staple' },
    '/api/v1/sign-in-links': { account: 'bob' },
    '/api/v1/api-tokens': { name: 'other', user: 'chief' },
  };
  return bodies[path];
}

function overTcp({ method }: Route, path: string, token?: string) {
  const call = request(panelUrl)[method](path);
  return token === undefined ? call : call.set('authorization', `Bearer ${token}`);
}

function codeOf(response: Response): unknown {
  return (response.body as { error?: { code?: unknown } }).error?.code;
}

describe('every route', () => {
  it('is described, and every described one is there', () => {
    const express = handlerOf(daemon.app) as unknown as Express;
    const registered = express.router.stack.flatMap(({ route }) => {
      const path = route?.path ?? '';
      if (route === undefined || !path.startsWith('/api/')) return [];
      const { methods } = route as unknown as { methods: Record<string, boolean> };
      return Object.keys(methods).map((method) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    });
    expect(registered.toSorted()).toEqual(
      described.map(({ method, path }) => `${method} ${path}`).toSorted(),
    );
  });

  it.each(described)('$method $path wants credentials', async (route) => {
    const response = await overTcp(route, foreign(route));
    expect([response.status, codeOf(response)]).toEqual([401, 'auth.required']);
    expect(response.headers['www-authenticate']).toBe('Bearer');
  });

  it.each(described)('$method $path refuses a token nobody has', async (route) => {
    const response = await overTcp(route, foreign(route), 'hf_wrong');
    expect([response.status, codeOf(response)]).toEqual([401, 'auth.bad-token']);
  });

  it.each(described)('$method $path refuses unknown fields', async (route) => {
    const inQuery = await overTcp(route, `${foreign(route)}?zzz=1`, adminToken);
    expect([inQuery.status, codeOf(inQuery)]).toEqual([422, 'request.invalid']);
    if (route.method !== 'post' && route.method !== 'put') return;
    const body = { ...acceptableBody(route), zzz: 1 };
    const inBody = await overTcp(route, foreign(route), adminToken).send(body);
    expect([inBody.status, codeOf(inBody)]).toEqual([422, 'request.invalid']);
  });
});

describe.each([
  ['an account’s end user', () => annaToken],
  ['a reseller', () => ritaToken],
])('%s', (_, token) => {
  const own = new Set([
    'get /api/v1/accounts',
    'get /api/v1/api-tokens',
    'get /api/v1/conditions',
    'get /api/v1/downloads',
    'get /api/v1/events',
    'get /api/v1/events/export',
    'get /api/v1/openapi.json',
    'get /api/v1/runs',
    'get /api/v1/sessions',
    'delete /api/v1/sessions',
    'get /api/v1/snapshots',
    'get /api/v1/status',
    'get /api/v1/users',
  ]);
  const isOwn = ({ method, path }: Route): boolean => own.has(`${method} ${path}`);

  it.each(described.filter((route) => !isOwn(route)))(
    '$method $path does not reach what is others’',
    async (route) => {
      const call = overTcp(route, foreign(route) + searchOf(route), token());
      const response = await call.send(acceptableBody(route));
      expect([403, 404]).toContain(response.status);
    },
  );

  function searchOf({ path }: Route): string {
    if (path.endsWith('/export')) return '?format=csv';
    if (path.endsWith('/search') || path.endsWith('}/history')) return '?q=a';
    if (path.endsWith('/versions')) return '?path=homedir';
    if (path.endsWith('/diff')) return '?path=homedir&since=x';
    return path.endsWith('/changes') ? '?since=x' : '';
  }

  it.each(described.filter(isOwn))('$method $path shows nothing of others', async (route) => {
    const response = await overTcp(route, route.path + searchOf(route), token());
    expect(response.status).toBe(200);
    expect(response.text).not.toMatch(/bob|chief/);
  });
});

describe('what a reseller gets', () => {
  const BOBS = [
    '/api/v1/accounts/bob',
    '/api/v1/accounts/bob/sites',
    `/api/v1/snapshots/${BOBS_SNAPSHOT}`,
    `/api/v1/snapshots/${BOBS_SNAPSHOT}/entries`,
    `/api/v1/snapshots/${BOBS_SNAPSHOT}/search?q=a`,
  ];
  const get = (path: string) => overTcp({ method: 'get', path }, path, ritaToken);
  const post = (path: string, body?: object) =>
    overTcp({ method: 'post', path }, path, ritaToken).send(body);

  it.each(BOBS)('not-found of another owner’s: %s', async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  it.each([
    ['restores', '/restore', {}],
    ['previews', '/preview', {}],
    ['downloads', '/download', {}],
    ['locks', '/lock', undefined],
  ])('not-found of another owner’s %s', async (_, path, body) => {
    expect((await post(`/api/v1/snapshots/${BOBS_SNAPSHOT}${path}`, body)).status).toBe(404);
  });

  it('not-found of another owner’s notes', async () => {
    const path = `/api/v1/snapshots/${BOBS_SNAPSHOT}`;
    const change = request(panelUrl).patch(path).set('authorization', `Bearer ${ritaToken}`);
    expect((await change.send({ note: 'mine' })).status).toBe(404);
  });

  it('not-found of another owner’s runs, logs and downloads', async () => {
    for (const path of [`runs/${bobsRunId}`, `runs/${bobsRunId}/log`, `downloads/${bobsRunId}`]) {
      expect((await get(`/api/v1/${path}`)).status).toBe(404);
    }
    expect((await post(`/api/v1/runs/${bobsRunId}/cancel`)).status).toBe(404);
  });

  it('its own accounts, with their runs and events', async () => {
    const accounts = (await get('/api/v1/accounts')).body as { name: string }[];
    expect(accounts.map(({ name }) => name)).toEqual(['anna']);
    const id = await insertRun({ kind: 'restore', accountId: ids.anna });
    expect((await get(`/api/v1/runs/${id}`)).status).toBe(200);
    const events = daemon.app.get(EventsService, { strict: false });
    await events.record(systemActor, 'x.about-anna', { kind: 'x', id: 1, accountId: ids.anna });
    await events.record(systemActor, 'x.about-bob', { kind: 'x', id: 1, accountId: ids.bob });
    const shown = (await get('/api/v1/events')).body as {
      action: string;
      accountId: string | null;
    }[];
    expect(shown.map(({ action }) => action)).toContain('x.about-anna');
    expect(new Set(shown.map(({ accountId }) => accountId))).toEqual(new Set([ids.anna]));
    expect((await get('/api/v1/status')).body).toMatchObject({ you: { role: 'reseller' }, accounts: 1 }); // prettier-ignore
  });
});

describe('a browser', () => {
  let signedIn: SignedIn;
  const browser = { address: '127.0.0.1', userAgent: 'test' };

  beforeAll(async () => {
    const sessions = daemon.app.get(SessionsService, { strict: false });
    const principal = { role: 'admin', userId: null, accountId: null } as const;
    const begun = await sessions.begin(principal, browser);
    if (begun === undefined) throw new Error('No session.');
    signedIn = begun;
  });

  function post(headers: Record<string, string>): PromiseLike<Response> {
    return request(panelUrl)
      .post('/api/v1/accounts/refresh')
      .set('cookie', `holdfast_session=${signedIn.token}`)
      .set(headers);
  }

  it('reads with its session, and changes only with the session’s CSRF token', async () => {
    const cookie = `holdfast_session=${signedIn.token}`;
    expect((await request(panelUrl).get('/api/v1/status').set('cookie', cookie)).status).toBe(200);
    const bare = await post({});
    expect([bare.status, codeOf(bare)]).toEqual([403, 'auth.csrf']);
    expect((await post({ 'x-csrf-token': 'wrong' })).status).toBe(403);
    expect((await post({ 'x-csrf-token': signedIn.session.csrfToken })).status).toBe(200);
  });

  it('is refused when another site sends it, even with the token', async () => {
    const token = { 'x-csrf-token': signedIn.session.csrfToken };
    expect((await post({ ...token, origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({ ...token, 'sec-fetch-site': 'cross-site' })).status).toBe(403);
  });

  it('is refused under a name that is not ours', async () => {
    const response = await request(panelUrl).get('/api/v1/status').set('host', 'evil.example');
    expect([response.status, codeOf(response)]).toEqual([421, 'auth.wrong-host']);
  });

  it('is told to run nothing but ours', async () => {
    const { headers } = await request(panelUrl).get('/api/v1/status');
    const policy = headers['content-security-policy'] ?? '';
    expect(policy).toMatch(/default-src 'none';.*script-src 'self'/);
    expect(policy).not.toMatch(/unsafe|\*/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['x-powered-by']).toBeUndefined();
  });
});

describe('requests that are no requests', () => {
  it.each([
    ['not JSON', '{', 400, 'request.malformed'],
    ['too large', JSON.stringify({ name: 'x'.repeat(5_000_000) }), 413, 'request.too-large'],
  ])('%s', async (_, body, status, code) => {
    const response = await overTcp({ method: 'post', path: '' }, '/api/v1/jobs', adminToken)
      .set('content-type', 'application/json')
      .send(body);
    expect([response.status, codeOf(response)]).toEqual([status, code]);
  });

  it('an address where nothing is', async () => {
    const response = await overTcp({ method: 'get', path: '' }, '/api/v1/nothing', adminToken);
    expect([response.status, codeOf(response)]).toEqual([404, 'route.not-found']);
  });
});

it('over the socket the daemon’s own user is an admin, without credentials', async () => {
  const response = await request(socketUrl).get('/api/v1/status');
  expect(response.body).toMatchObject({ you: { role: 'admin' }, accounts: 2, panelUrl });
});
