import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addHostileRows, LONG_NASTY, RAW, type HostileRows } from '../testing/hostile-rows.js';
import { makeTempDir, removeTempDir } from '../testing/temp-dir.js';
import { startTestDaemon } from '../testing/test-daemon.js';

const CLI = join(import.meta.dirname, '..', '..', 'dist', 'daemon', 'cli.js');

let directory: string;
let home: string;
let stopDaemon: () => Promise<unknown>;
let hostile: HostileRows;

beforeAll(async () => {
  directory = await makeTempDir();
  const { paths, daemon } = await startTestDaemon(directory);
  home = paths.home;
  stopDaemon = () => daemon.stop();
  hostile = await addHostileRows(daemon.app.get(DataSource, { strict: false }), LONG_NASTY);
});

afterAll(async () => {
  await stopDaemon();
  await removeTempDir(directory);
});

/** Standard output and error in one: both are shown. */
function shown(args: string[]): Promise<string> {
  return new Promise((resolve) => {
    const env = { PATH: process.env['PATH'], TZ: 'UTC' };
    execFile(process.execPath, [CLI, '--home', home, ...args], { env }, (_, stdout, stderr) => {
      resolve(stdout + stderr);
    });
  });
}

const commands = (): string[][] => [
  ...[['status'], ['status', '--health'], ['setting', 'list'], ['activity', 'list']],
  ...['account', 'job', 'destination', 'snapshot', 'hook', 'channel', 'condition', 'run', 'user', 'session', 'alert', 'schedule', 'downloads'].map((noun) => [noun, 'list']),
  ...['job', 'account', 'hook', 'channel'].map((noun) => [noun, 'show', 'nasty']),
  ...['job', 'destination', 'hook', 'account', 'user'].map((noun) => [noun, 'show', LONG_NASTY]),
  ['destination', 'show', 'nasty'], ['destination', 'validate', LONG_NASTY], ['destination', 'usage'],
  ['job', 'matches', 'nasty'], ['job', 'remove', `${LONG_NASTY}x`], ['job', LONG_NASTY], [LONG_NASTY],
  ['run', 'show', String(hostile.run)], ['snapshot', 'show', hostile.snapshot],
  ['snapshot', 'bulk', 'lock', hostile.snapshot, '--preview'], ['snapshot', 'list', '--state', LONG_NASTY],
  ['activity', 'export'], ['activity', 'export', '--format', 'jsonl'], ['alert', 'history'],
  ['token', 'list', '--user', LONG_NASTY], ['permission', 'explain', 'nasty'], ['account', 'sites', 'nasty'],
]; // prettier-ignore

it('nothing that the command line prints can move a cursor or turn text round', async () => {
  const findings: string[] = [];
  for (const args of commands()) {
    const both = [args, ['--json', ...args]];
    const texts = await Promise.all(both.map(shown));
    for (const [index, given] of both.entries()) {
      const text = (texts[index] ?? '').replaceAll('\r\n', '\n');
      const found = RAW.exec(text);
      const what = given.join(' ').slice(0, 40);
      if (text.trim() === '') findings.push(`${what}: nothing`);
      if (found !== null) findings.push(`${what}: ${JSON.stringify(text.slice(found.index - 40, found.index + 20))}`); // prettier-ignore
    }
  }
  expect(findings).toEqual([]);
});

it('a row of a table is one line, which a long name does not fill for ever', async () => {
  for (const noun of ['account', 'job', 'snapshot']) {
    const lines = (await shown([noun, 'list'])).trimEnd().split('\n');
    const rows = noun === 'account' ? 4 : 2;
    expect([noun, lines.length]).toEqual([noun, rows]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(2_500);
  }
});

it('who reads the JSON gets the names as they are', async () => {
  const jobs = JSON.parse(await shown(['--json', 'job', 'list'])) as { name: string }[];
  expect(jobs.map(({ name }) => name)).toEqual([LONG_NASTY]);
});

it('settings and health are told as text and as JSON', async () => {
  expect(await shown(['setting', 'list'])).toMatch(/^KEY +VALUE +FROM\n[^]*accounts\.source +directory +file\n/); // prettier-ignore
  const settings = JSON.parse(await shown(['--json', 'setting', 'list'])) as { sections: object[] };
  expect(settings.sections.length).toBeGreaterThan(5);
  expect(await shown(['status', '--health'])).toMatch(/^CHECK +STATE +DETAILS\ncatalogue +good /);
  const health = JSON.parse(await shown(['--json', 'status', '--health'])) as { checks: object[] };
  expect(health.checks.length).toBeGreaterThan(5);
});
