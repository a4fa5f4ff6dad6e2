/** Pages that change by themselves, in a browser: by a stream, by asking again, and without scripts. */
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { columns } from '../daemon/catalogue/columns.js';
import { RunEvents } from '../daemon/runs/run-events.js';
import { Run } from '../daemon/runs/run.entity.js';
import { Task } from '../daemon/runs/task.entity.js';
import { sampleRun, sampleTask } from '../daemon/testing/sample-rows.js';
import {
  post,
  signIn,
  startPanelDaemon,
  type PanelDaemon,
} from '../daemon/testing/panel-daemon.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';
import { needsTool } from '../daemon/testing/tools.js';

describe.skipIf(!needsTool('chromium'))('what changes by itself', () => {
  let directory: string;
  let panel: PanelDaemon;
  let browser: Browser;
  let rows: DataSource;

  beforeAll(async () => {
    directory = await makeTempDir();
    panel = await startPanelDaemon(directory);
    rows = panel.daemon.app.get(DataSource, { strict: false });
    browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox'],
    });
  });

  afterAll(async () => {
    await browser.close();
    await panel.daemon.stop();
    await removeTempDir(directory);
  });

  async function visit(options: { javaScriptEnabled?: boolean } = {}): Promise<BrowserContext> {
    const { cookie } = await signIn(panel);
    const [name = '', value = ''] = cookie.split('=');
    const context = await browser.newContext(options);
    await context.addCookies([{ name, value, url: panel.url }]);
    return context;
  }

  /** As far as rows say; nothing works on it. */
  async function startRun(): Promise<{ id: number; taskId: number }> {
    const { id: _, ...run } = sampleRun({ jobId: null, state: 'running' });
    const { identifiers } = await rows.getRepository(Run).insert(columns<Run>(run));
    const id = Number(identifiers[0]?.['id']);
    const { destinationId } = await rows.getRepository(Task).findOneByOrFail({});
    const { id: __, ...task } = sampleTask({ runId: id, accountId: null, destinationId, state: 'running' }); // prettier-ignore
    const inserted = await rows.getRepository(Task).insert(columns<Task>(task));
    return { id, taskId: Number(inserted.identifiers[0]?.['id']) };
  }

  async function endRun({ id, taskId }: { id: number; taskId: number }): Promise<void> {
    const end = { state: 'complete', finishedAt: new Date().toISOString() } as const;
    await rows.getRepository(Task).update({ id: taskId }, end);
    await rows.getRepository(Run).update({ id }, end);
    panel.daemon.app.get(RunEvents, { strict: false }).finished(id);
  }

  it('comes by a stream, without asking, and stops when it is over', async () => {
    const context = await visit();
    const page = await context.newPage();
    const run = await startRun();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${panel.url}/runs/${run.id}`);
    await page.locator('[data-stream][data-is-open="yes"]').waitFor();
    await page.waitForTimeout(2500);
    expect(asked.filter((path) => path.endsWith('/live'))).toEqual([]);
    await endRun(run);
    await page.locator('#live .state', { hasText: 'Complete' }).first().waitFor({ timeout: 3000 });
    await page.waitForTimeout(2500);
    expect(asked.filter((path) => path.endsWith('/stream'))).toHaveLength(1);
    expect(asked.filter((path) => path.endsWith('/live'))).toEqual([]);
    await context.close();
  });

  it('is asked for again when there is no stream', async () => {
    const context = await visit();
    await context.route('**/stream', (route) => route.abort());
    const page = await context.newPage();
    const run = await startRun();
    await page.goto(`${panel.url}/runs/${run.id}`);
    await endRun(run);
    await page.locator('#live .state', { hasText: 'Complete' }).first().waitFor({ timeout: 5000 });
    await context.close();
  });

  it('is asked for again when the stream breaks', async () => {
    const context = await visit();
    await context.route('**/stream', (route) =>
      route.fulfill({ contentType: 'text/event-stream', body: 'retry: 60000\n\n' }),
    );
    const page = await context.newPage();
    const run = await startRun();
    await page.goto(`${panel.url}/queue`);
    await page.getByText('1 of').first().waitFor();
    await endRun(run);
    await page.getByText('0 of').first().waitFor({ timeout: 6000 });
    await context.close();
  });

  it('is there without scripts, and offered again', async () => {
    const context = await visit({ javaScriptEnabled: false });
    const page = await context.newPage();
    const run = await startRun();
    await page.goto(`${panel.url}/runs/${run.id}`);
    await endRun(run);
    await page.getByRole('link', { name: 'Load the page again' }).click();
    await page.locator('#live .state', { hasText: 'Complete' }).first().waitFor();
    await context.close();
  });

  it('ends when its session is ended', async () => {
    const { cookie, ...other } = await signIn(panel);
    const run = await startRun();
    const { body } = await fetch(`${panel.url}/runs/${run.id}/stream`, { headers: { cookie } });
    const began = Date.now();
    await post({ cookie, ...other }, '/sign-out').expect(303);
    const read = async (): Promise<void> => {
      for await (const _ of body ?? []);
    };
    await expect(read()).rejects.toThrow('terminated');
    expect(Date.now() - began).toBeLessThan(10_000);
    await endRun(run);
  });

  it('has places for so many, and takes them back', async () => {
    const { cookie } = await signIn(panel);
    const run = await startRun();
    const controllers = Array.from({ length: 8 }, () => new AbortController());
    const answers = await Promise.all(
      controllers.map(({ signal }) =>
        fetch(`${panel.url}/runs/${run.id}/stream`, { headers: { cookie }, signal }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 409, 409]); // prettier-ignore
    for (const controller of controllers) controller.abort();
    await expect
      .poll(async () => {
        const controller = new AbortController();
        const { signal } = controller;
        const { status } = await fetch(`${panel.url}/runs/${run.id}/stream`, { headers: { cookie }, signal }); // prettier-ignore
        controller.abort();
        return status;
      })
      .toBe(200);
    await endRun(run);
  });
});
