import request from 'supertest';
import { DataSource } from 'typeorm';
import { beforeAll, describe, expect, it } from 'vitest';
import { AccountsService } from '../accounts/accounts.service.js';
import { systemActor } from '../auth/actor.js';
import { ApiTokensService } from '../auth/api-tokens.service.js';
import { UsersService } from '../auth/users.service.js';
import { RunEvents } from '../runs/run-events.js';
import { Run } from '../runs/run.entity.js';
import { Task } from '../runs/task.entity.js';
import { onPanel } from '../testing/on-panel.js';
import type { PanelDaemon } from '../testing/panel-daemon.js';
import { prepareDownload } from '../testing/prepared-download.js';
import { sampleRun, sampleTask } from '../testing/sample-rows.js';

let panel: PanelDaemon;
let annaToken: string;

onPanel(async (started) => {
  panel = started;
  const user = { name: 'anna-user', role: 'account', account: 'anna' } as const;
  await get(UsersService).add(systemActor, user);
  const token = { name: 'test', user: user.name };
  annaToken = (await get(ApiTokensService).create(systemActor, token)).token;
});

function get<T>(type: new (...args: never[]) => T): T {
  return panel.daemon.app.get(type, { strict: false });
}

function ask(path: string) {
  return request(panel.url)
    .get(path)
    .set({ authorization: `Bearer ${annaToken}` });
}

describe('the events of a run', () => {
  it('end at once when the run has ended', async () => {
    const response = await ask(`/api/v1/runs/${panel.annasRun}/events`);
    expect(response.headers['content-type']).toMatch(/^text\/event-stream/);
    expect(response.text).toMatch(/^event: end\ndata: \{"event":"end","run":\{"id":\d+,/m);
  });

  it('tell what changes, and end with the run', async () => {
    const rows = get(DataSource);
    const { id: accountId } = await get(AccountsService).get(systemActor, 'anna');
    const { id: _, ...run } = sampleRun({ jobId: null, accountId, state: 'running' });
    const { identifiers } = await rows.getRepository(Run).insert(run as object);
    const id = Number(identifiers[0]?.['id']);
    const { destinationId } = await rows.getRepository(Task).findOneByOrFail({});
    const running = { runId: id, accountId, destinationId, state: 'running' } as const;
    const { id: __, ...task } = sampleTask(running);
    await rows.getRepository(Task).insert(task as object);
    const finish = setTimeout(() => {
      const end = { state: 'failed', finishedAt: new Date().toISOString() } as const;
      void rows
        .getRepository(Run)
        .update({ id }, end)
        .then(() => {
          get(RunEvents).finished(id);
        });
    }, 300);
    const response = await ask(`/api/v1/runs/${id}/events`);
    clearTimeout(finish);
    const names = [...response.text.matchAll(/^event: (\w+)$/gm)].map((match) => match[1]);
    expect(names).toEqual(['task', 'run', 'end']);
    expect(response.text).toMatch(/"account":"anna"/);
  });
});

describe('a download', () => {
  let path: string;

  beforeAll(async () => {
    const id = await prepareDownload(panel.daemon, {
      account: 'anna',
      snapshotId: panel.annasSnapshot,
      paths: ['homedir/a'],
      fileName: '../<a> "ü"\n.html',
      content: Buffer.from('0123456789'),
    });
    path = `/api/v1/downloads/${id}`;
  });

  it('is saved under a harmless name and never shown as a page', async () => {
    const response = await ask(path).buffer(true);
    expect(String(response.body)).toBe('0123456789');
    expect(response.headers['content-type']).toBe('application/octet-stream');
    expect(response.headers['content-disposition']).toMatch(/^attachment; filename=/);
    expect(response.headers['content-disposition']).not.toMatch(/\.\.|\n/);
  });

  it('is answered in parts, and refuses a part it does not have', async () => {
    const part = await ask(path).set('range', 'bytes=2-4').buffer(true);
    expect([part.status, String(part.body), part.headers['content-range']]).toEqual([
      206,
      '234',
      'bytes 2-4/10',
    ]);
    const beyond = await ask(path).set('range', 'bytes=20-30').buffer(true);
    const { error } = beyond.body as { error?: { code?: unknown } };
    expect([beyond.status, error?.code]).toEqual([416, 'request.range']);
  });
});
