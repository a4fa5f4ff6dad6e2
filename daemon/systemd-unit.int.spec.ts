import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { timerFiles } from './jobs/systemd-timers.js';
import { sampleSchedule } from './testing/sample-rows.js';
import { tempDir } from './testing/temp-dir.js';
import { needsTool } from './testing/tools.js';

const run = promisify(execFile);
const folder = join(import.meta.dirname, '..', 'systemd');
const ID = '0f1e2d3c4b5a';
const UNITS = ['holdfast.service', `holdfast-job@${ID}.service`, `holdfast-job@${ID}.timer`];
/** More is what systemd calls exposed. Each protection that is not set is explained in its unit. */
const MOST_EXPOSED = 5;

/** The units, with the node that runs this test: verify looks whether it is there. */
async function copyUnits(): Promise<string> {
  const directory = await tempDir();
  for (const unit of UNITS) {
    const text = await readFile(join(folder, unit.replace(ID, '')), 'utf8');
    await writeFile(join(directory, unit), text.replace('/usr/bin/node', process.execPath));
  }
  return directory;
}

async function verify(directory: string): Promise<string> {
  const paths = UNITS.map((unit) => join(directory, unit));
  const { stdout, stderr } = await run('systemd-analyze', ['verify', '--man=no', ...paths]);
  return `${stdout}${stderr}`;
}

describe.skipIf(!needsTool('systemd-analyze'))('the units of systemd', () => {
  it('are accepted without a word', async () => {
    expect(await verify(await copyUnits())).toBe('');
  });

  it('are accepted with the timer that a schedule is written as', async () => {
    const directory = await copyUnits();
    const settings = { time: '02:30', weekdays: ['sun'], jitterMinutes: 10 };
    const schedule = sampleSchedule({ id: ID, settings } as object);
    const named = { schedule, jobName: 'nightly', followedJob: undefined, when: 'on sun at 02:30' };
    const files = timerFiles([named], 'Europe/Berlin', new Date('2026-11-21T00:00:00Z'));
    for (const { path, text } of files) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    }
    expect(files.map(({ path }) => path)).toEqual([`holdfast-job@${ID}.timer.d/schedule.conf`]);
    expect(await verify(directory)).toBe('');
  });

  it.each(UNITS.filter((unit) => unit.endsWith('.service')))('%s is not exposed', async (unit) => {
    const path = join(await copyUnits(), unit);
    const options = ['security', '--offline=true', '--no-pager', path];
    const { stdout } = await run('systemd-analyze', options);
    const level = /Overall exposure level for \S+ (\d+\.\d)/.exec(stdout)?.[1];
    expect(Number(level)).toBeGreaterThan(0);
    expect(Number(level)).toBeLessThanOrEqual(MOST_EXPOSED);
  });
});
