import { createHash } from 'node:crypto';
import type { Express } from 'express';
import request, { type Response } from 'supertest';
import { DataSource } from 'typeorm';
import { describe, expect, it } from 'vitest';
import { handlerOf } from '../daemon/create-app.js';
import { onPanel } from '../daemon/testing/on-panel.js';
import {
  type PanelDaemon,
  post,
  signIn,
  signInReseller,
  type Visitor,
} from '../daemon/testing/panel-daemon.js';
import { addressOf } from '../daemon/testing/panel-looks.js';
import { ROUTES, type RouteName } from '../daemon/testing/panel-routes.js';
import { problemsIn } from '../daemon/testing/valid-html.js';
import { paths } from './routes.js';

type Whose = 'anna' | 'bob';

const names = Object.keys(ROUTES) as RouteName[];
const gets = names.filter((name) => ROUTES[name].get !== undefined);
const posts = names.filter((name) => ROUTES[name].post !== undefined);
const sentBy = (...senders: unknown[]) =>
  posts.filter((name) => senders.includes(ROUTES[name].post));
/** Those that name an account's snapshot, run or itself. */
const withIds = gets.filter((name) => /^\/(accounts|runs|snapshots)\/:/.test(paths[name]));

let panel: PanelDaemon;
let visitors: { admin: Visitor; reseller: Visitor; owner: Visitor };

onPanel(async (started) => {
  panel = started;
  visitors = {
    admin: await signIn(panel),
    reseller: await signInReseller(panel),
    owner: await signIn(panel, 'anna'),
  };
});

const urlOf = (name: RouteName, whose: Whose): string => addressOf(name, panel, whose);

/** Leaves a stream as soon as it has begun. */
async function begin(url: string, visitor: Visitor | undefined): Promise<number> {
  const leaving = new AbortController();
  const headers: Record<string, string> = visitor === undefined ? {} : { cookie: visitor.cookie };
  const options = { headers, redirect: 'manual', signal: leaving.signal } as const;
  const { status } = await fetch(panel.url + url, options);
  leaving.abort();
  return status;
}

function ask(url: string, visitor: Visitor | undefined): PromiseLike<Response> {
  return visitor === undefined ? request(panel.url).get(url) : visitor.agent.get(url);
}

/** Every row of the catalogue, but for when a session or an account was last seen, as a short text for each table. */
async function stateOf(): Promise<Record<string, string>> {
  const rows = panel.daemon.app.get(DataSource, { strict: false });
  const state: Record<string, string> = {};
  for (const { tableName } of rows.entityMetadatas) {
    const found: object[] = await rows.query(`SELECT * FROM "${tableName}"`);
    const text = JSON.stringify(found, (key, value: unknown) =>
      key === 'last_seen_at' ? 0 : value,
    );
    state[tableName] = createHash('sha256').update(text).digest('hex');
  }
  return state;
}

describe('the routes of the application', () => {
  it('are those of the table, and no other', () => {
    const express = handlerOf(panel.daemon.app) as unknown as Express;
    const registered = express.router.stack.flatMap(({ route }) => {
      if (route === undefined || route.path.startsWith('/api/')) return [];
      const { methods } = route as unknown as { methods: Record<string, boolean> };
      return Object.keys(methods).map((method) => `${method} ${route.path}`);
    });
    const expected = names.flatMap((name) =>
      Object.keys(ROUTES[name]).map((method) => `${method} ${paths[name]}`),
    );
    expect(registered.toSorted()).toEqual(expected.toSorted());
  });
});

describe('a GET', () => {
  const answered = gets.flatMap((name) =>
    ROUTES[name].get === undefined ? [] : [{ name, ...ROUTES[name].get }],
  );
  it.each(answered)('of $name answers $answers', async ({ name, kind, answers }) => {
    const { admin, reseller, owner } = visitors;
    for (const [index, visitor] of [admin, reseller, owner, undefined].entries()) {
      const url = urlOf(name, 'anna');
      if (kind === 'stream') {
        expect(await begin(url, visitor)).toBe(answers[index]);
        continue;
      }
      const response = await ask(url, visitor);
      expect([index, response.status]).toEqual([index, answers[index]]);
      const isHtml = String(response.headers['content-type']).startsWith('text/html');
      if (isHtml && kind !== 'fragment') expect(await problemsIn(response)).toEqual([]);
      if (isHtml) expect(response.text).not.toContain('<img src=x');
      if (answers[index] === 403) {
        expect(response.text).toContain('<h1 class="h5 mb-2" id="title">Not allowed');
      }
    }
  });

  it.each(answered.filter(({ answers }) => answers[3] === 303))(
    'of $name sends who is not signed in to do so',
    async ({ name }) => {
      const { headers } = await request(panel.url).get(urlOf(name, 'anna'));
      expect(headers['location']).toMatch(/^\/sign-in/);
    },
  );

  it.each(withIds)('of %s never tells others that it is there', async (name) => {
    for (const visitor of [visitors.reseller, visitors.owner]) {
      // What is the admins' alone is denied before it is looked for.
      const isAdmins = ROUTES[name].get?.answers[2] === 403;
      expect(await begin(urlOf(name, 'bob'), visitor)).toBe(isAdmins ? 403 : 404);
    }
  });

  it.each(answered.filter(({ kind, name }) => kind !== 'stream' && !withIds.includes(name)))(
    'of $name shows nothing of another account, even by its name',
    async ({ name }) => {
      for (const visitor of [visitors.reseller, visitors.owner]) {
        const response = await visitor.agent.get(urlOf(name, 'bob'));
        if (response.status !== 200) continue;
        const { text } = response;
        for (const id of [`snapshots/${panel.bobsSnapshot}"`, `/runs/${panel.bobsRun}"`]) {
          expect(text).not.toContain(id);
        }
        expect(text).not.toMatch(/>\s*bob\b|accounts\/bob\b/);
      }
    },
  );

  it('changes nothing, whoever asks for whatever', async () => {
    const before = await stateOf();
    for (const visitor of Object.values(visitors)) {
      for (const name of gets) await begin(urlOf(name, 'anna'), visitor);
    }
    expect(await stateOf()).toEqual(before);
  });
});

describe('a POST', () => {
  const withSession = posts.filter((name) => ROUTES[name].post !== 'anybody');

  it.each(posts)('to %s without the session’s token is refused', async (name) => {
    for (const visitor of Object.values(visitors)) {
      for (const form of [{}, { _csrf: '' }, { _csrf: 'wrong' }]) {
        const response = await visitor.agent.post(urlOf(name, 'anna')).type('form').send(form);
        expect(response.status).toBe(403);
        expect(response.text).toContain('too old or came from another site');
      }
    }
  });

  it.each(posts)('to %s from another site is refused', async (name) => {
    for (const header of [{ origin: 'https://evil.example' }, { 'sec-fetch-site': 'cross-site' }]) {
      const asked = request(panel.url).post(urlOf(name, 'anna')).set(header);
      expect((await asked.type('form').send({})).status).toBe(403);
    }
  });

  it.each(withSession)('to %s sends who is not signed in to do so', async (name) => {
    const response = await request(panel.url).post(urlOf(name, 'anna')).type('form').send({});
    expect([response.status, response.headers['location']]).toEqual([303, '/sign-in']);
  });

  it.each(sentBy('admins'))('to %s is the admins’', async (name) => {
    for (const visitor of [visitors.reseller, visitors.owner]) {
      expect((await post(visitor, urlOf(name, 'anna'))).status).toBe(403);
    }
  });

  it.each(sentBy('hosts', 'users'))('to %s is not for end users', async (name) => {
    expect((await post(visitors.owner, urlOf(name, 'anna'))).status).toBe(403);
  });

  it.each(sentBy('owners'))('to %s does not reach another account', async (name) => {
    for (const visitor of [visitors.reseller, visitors.owner]) {
      const response = await post(visitor, urlOf(name, 'bob'), { step: 'start' });
      expect(response.status).toBe(404);
    }
  });

  it('that is refused has changed nothing', async () => {
    const before = await stateOf();
    for (const name of sentBy('admins')) await post(visitors.owner, urlOf(name, 'anna'));
    for (const name of sentBy('owners')) await post(visitors.owner, urlOf(name, 'bob'));
    expect(await stateOf()).toEqual(before);
  });

  /** Last, for it removes what the others ask about. */
  it.each(posts)('to %s by an admin, empty, does something or says what is wrong', async (name) => {
    const admin = await signIn(panel);
    const response = await post(admin, urlOf(name, 'anna'));
    expect([200, 303, 404, 409, 422]).toContain(response.status);
    if (response.status !== 303) expect(await problemsIn(response)).toEqual([]);
  });
});
