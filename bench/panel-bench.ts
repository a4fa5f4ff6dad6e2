/**
 * The bench of pages: how long the server takes for each page of the panel, with the catalogue of a
 * busy server. A page is asked for over one kept connection, one after the other; the first is not
 * counted.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Agent, get } from 'node:http';
import { gzipSync } from 'node:zlib';
import { DataSource } from 'typeorm';
import { Snapshot } from '../daemon/runs/snapshot.entity.js';
import { addCrowd } from '../daemon/testing/crowd.js';
import { fillPath, signIn, startPanelDaemon, type PanelDaemon } from '../daemon/testing/panel-daemon.js'; // prettier-ignore
import { ROUTES, type RouteName } from '../daemon/testing/panel-routes.js';
import { paths } from '../panel-ui/routes.js';
import type { BenchOptions } from './contender.js';
import { describeMachine } from './machine.js';
import { median, page } from './report.js';

const CROWD = {
  ...{ accounts: 1000, snapshotsEach: 100, runs: 2000, events: 100_000, destinations: 40 },
  ...{ jobs: 40, hooks: 10, users: 1000, alerts: 200 },
};
const MOST_MS = 100;
const MOST_ROWS = 200;
/** Streams stay open, files are no pages. */
const PAGES = ['page', 'fragment'];

interface PageCost {
  name: string;
  who: string;
  status: number;
  milliseconds: number[];
  bytes: number;
  compressedBytes: number;
  rows: number;
}

export async function benchPanel(options: BenchOptions, remarks: string[]): Promise<void> {
  const directory = join(options.directory, 'panel');
  mkdirSync(directory, { recursive: true });
  const panel = await startPanelDaemon(directory);
  try {
    console.error('Filling the catalogue');
    const rows = panel.daemon.app.get(DataSource, { strict: false });
    const sample = await rows.getRepository(Snapshot).findOneByOrFail({ id: panel.annasSnapshot });
    await addCrowd(rows, { ...CROWD, summary: sample.summary });
    const costs = [
      ...(await measureAll(panel, 'admin', options.runs)),
      ...(await measureAll(panel, 'anna', options.runs)),
    ];
    const where = `${new Date().toISOString().slice(0, 10)} · ${describeMachine(options.directory)}`;
    console.log(page([table(costs)], [...notes(costs), ...remarks, where]));
    if (costs.some(isOver)) process.exitCode = 3;
  } finally {
    await panel.daemon.stop();
  }
}

async function measureAll(panel: PanelDaemon, who: string, runs: number): Promise<PageCost[]> {
  const { cookie } = await signIn(panel, who === 'admin' ? undefined : who);
  const costs: PageCost[] = [];
  for (const url of urlsOf(panel)) {
    const cost = await measurePage(panel.url + url, cookie, runs).catch((error: unknown) => {
      throw new Error(`${url} could not be measured.`, { cause: error });
    });
    if (cost.status === 200) costs.push({ ...cost, name: url, who });
  }
  return costs;
}

function urlsOf(panel: PanelDaemon): string[] {
  const all = Object.keys(ROUTES) as RouteName[];
  const names = all.filter((name) => PAGES.includes(ROUTES[name].get?.kind ?? ''));
  const pages = names.map((name) => fillPath(paths[name], panel, 'anna'));
  const filtered = ['/accounts?show=attention&page=9', '/accounts?owner=reseller3&package=large', '/snapshots?account=crowd0500', '/snapshots?label=before-update', '/runs?state=failed', '/activity?account=crowd0500', '/activity?kind=job']; // prettier-ignore
  return [...new Set([...pages, ...filtered])];
}

async function measurePage(url: string, cookie: string, runs: number): Promise<Omit<PageCost, 'name' | 'who'>> {
  const agent = new Agent({ keepAlive: true });
  const first = await ask(url, cookie, agent);
  const milliseconds: number[] = [];
  for (let run = 0; run < runs && first.status === 200; run++) {
    milliseconds.push((await ask(url, cookie, agent)).milliseconds);
  }
  agent.destroy();
  const { status, body } = first;
  const rows = body.toString().split('<tr').length - 1;
  return { status, milliseconds, rows, bytes: body.length, compressedBytes: gzipSync(body).length };
} // prettier-ignore

function ask(url: string, cookie: string, agent: Agent) {
  const startedAt = process.hrtime.bigint();
  return new Promise<{ status: number; body: Buffer; milliseconds: number }>((resolve, reject) => {
    get(url, { agent, headers: { cookie } }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const milliseconds = Number(process.hrtime.bigint() - startedAt) / 1e6;
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(parts), milliseconds });
      });
    }).on('error', reject);
  });
}

function isOver({ milliseconds, rows }: PageCost): boolean {
  return median(milliseconds) > MOST_MS || rows > MOST_ROWS;
}

function table(costs: readonly PageCost[]): string {
  const slowest = costs.toSorted((a, b) => median(b.milliseconds) - median(a.milliseconds));
  const lines = slowest.map((cost) => {
    const { name, who, milliseconds, compressedBytes, rows } = cost;
    const worst = Math.max(...milliseconds).toFixed(1);
    const size = (compressedBytes / 1000).toFixed(1);
    return `| ${name} | ${who} | ${median(milliseconds).toFixed(1)} | ${worst} | ${size} | ${String(rows)} | ${isOver(cost) ? '**missed**' : 'met'} |`; // prettier-ignore
  });
  const head = '| page | who | median ms | worst ms | kB, compressed | rows | 100 ms, 200 rows |';
  return [head, '| --- | --- | --: | --: | --: | --: | --- |', ...lines].join('\n');
}

function notes(costs: readonly PageCost[]): string[] {
  const { accounts, snapshotsEach, runs, events, destinations } = CROWD;
  return [
    `Catalogue: ${String(accounts)} accounts, ${String(accounts * snapshotsEach)} snapshots at ${String(destinations)} destinations, ${String(runs)} runs, ${String(events)} events.`, // prettier-ignore
    `${String(costs.length)} pages; ${String(costs.filter(isOver).length)} over the bound.`,
  ];
}
