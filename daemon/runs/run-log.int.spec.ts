import { appendFile, mkdir, readFile, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../testing/fake-clock.js';
import { tempDir } from '../testing/temp-dir.js';
import { RunLog, type NewLogLine } from './run-log.js';

async function setUp() {
  const runLogs = join(await tempDir(), 'runs');
  const warnings: unknown[] = [];
  const logger = { warn: (facts: unknown) => warnings.push(facts) };
  const open = () => new RunLog({ runLogs }, new FakeClock(), logger);
  return { log: open(), reopen: open, file: join(runLogs, '7.jsonl'), warnings };
}

function line(message: string): NewLogLine {
  return { level: 'info', message };
}

describe('RunLog', () => {
  it('tells the daemon’s log what could not be added, and holds nobody up', async () => {
    const { log, file, warnings } = await setUp();
    await mkdir(file, { recursive: true });
    await log.append(7, [line('a')]);
    expect(warnings).toMatchObject([{ runId: 7, lines: [line('a')] }]);
    await rmdir(file);
    await log.append(7, [line('b')]);
    expect(await log.read(7)).toMatchObject([{ seq: 1, message: 'b' }]);
  });

  it('numbers lines from 1 and gives back what came after one', async () => {
    const { log, reopen } = await setUp();
    expect(await log.read(7)).toEqual([]);
    await log.append(7, [line('a'), { ...line('b'), account: 'x', taskId: 3 }]);
    await log.append(7, [line('c')]);
    const all = [
      { seq: 1, at: '2026-11-21T21:45:12.000Z', level: 'info', message: 'a' },
      {
        seq: 2,
        at: '2026-11-21T21:45:12.000Z',
        level: 'info',
        message: 'b',
        account: 'x',
        taskId: 3,
      },
      { seq: 3, at: '2026-11-21T21:45:12.000Z', level: 'info', message: 'c' },
    ];
    expect(await log.read(7)).toEqual(all);
    expect(await log.read(7, { after: 1 })).toEqual(all.slice(1));
    expect(await log.read(7, { after: 1, limit: 1 })).toEqual(all.slice(1, 2));
    expect(await log.read(7, { after: 3 })).toEqual([]);
    expect(await reopen().read(7, { after: 2 })).toEqual(all.slice(2));
    expect(await log.read(8)).toEqual([]);
  });

  it('keeps the order of calls that nobody waited for', async () => {
    const { log } = await setUp();
    const messages = Array.from({ length: 50 }, (_, index) => `line ${index}`);
    await Promise.all(messages.map((message) => log.append(7, [line(message)])));
    expect((await log.read(7)).map(({ message }) => message)).toEqual(messages);
  });

  it('keeps hostile text on one line', async () => {
    const { log } = await setUp();
    const message = 'name\nwith "quotes"\u2028 and \u0000 and ünï';
    await log.append(7, [line(message), line('x'.repeat(10_000))]);
    const [first, second] = await log.read(7);
    expect(first?.message).toBe(message);
    expect(second?.message).toHaveLength(4_001);
  });

  it('cuts off the half line that a crash left, and goes on', async () => {
    const { log, reopen, file } = await setUp();
    await log.append(7, [line('whole')]);
    await appendFile(file, '{"at":"2026-11-21T21:4');
    const next = reopen();
    await next.append(7, [line('after')]);
    expect((await next.read(7)).map(({ message }) => message)).toEqual(['whole', 'after']);
    expect(await readFile(file, 'utf8')).toMatch(/whole"}\n\{.*after"}\n$/);
  });

  it('keeps the numbers when a line in the middle is spoilt', async () => {
    const { log, reopen, file } = await setUp();
    await log.append(7, [line('one')]);
    await appendFile(file, 'spoilt\n');
    const next = reopen();
    await next.append(7, [line('three')]);
    expect((await next.read(7)).map(({ seq, level }) => `${seq} ${level}`)).toEqual([
      '1 info',
      '2 warn',
      '3 info',
    ]);
  });
});
