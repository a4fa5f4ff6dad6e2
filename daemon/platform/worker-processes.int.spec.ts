import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { forkWorker } from './worker-processes.js';

/** Starts a worker with this body and collects what it says. */
async function start(body: string, env: Record<string, string> = {}) {
  const path = join(await tempDir(), 'worker.mjs');
  await writeFile(path, body);
  const messages: unknown[] = [];
  const worker = forkWorker<object, unknown>(path, {
    env,
    onMessage: (message) => messages.push(message),
  });
  onTestFinished(() => worker.kill());
  return { worker, messages };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(10);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const ECHO = `process.on('message', (message) => {
  process.send(message, () => process.disconnect());
});`;

describe('forkWorker', () => {
  it('passes Buffers, Maps, bigints and undefined as they are', async () => {
    const { worker, messages } = await start(ECHO);
    const message = {
      bytes: Buffer.from([255, 0]),
      map: new Map([['a', 1n]]),
      nothing: undefined,
    };
    expect(worker.send(message)).toBe(true);
    expect(await worker.exited).toMatchObject({ exitCode: 0, signal: null });
    expect(messages).toHaveLength(1);
    const [echo] = messages as [typeof message];
    expect([...echo.bytes]).toEqual([255, 0]);
    expect(echo.map.get('a')).toBe(1n);
  });

  it('delivers everything said before the exit', async () => {
    const { worker, messages } = await start(
      `for (let n = 0; n < 499; n += 1) process.send({ n });
       process.on('message', () => process.send({ n: 499 }, () => process.exit(0)));`,
    );
    worker.send({});
    expect(await worker.exited).toMatchObject({ exitCode: 0 });
    expect(messages).toHaveLength(500);
  });

  it('gives it a small environment, a group of its own and no options of ours', async () => {
    const { worker, messages } = await start(
      `import { readFileSync } from 'node:fs';
       const group = Number(readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[2]);
       process.send({ env: process.env, execArgv: process.execArgv, group, pid: process.pid });`,
      { WANTED: 'yes' },
    );
    await until(() => messages.length > 0);
    worker.kill();
    const [said] = messages as [{ env: object; execArgv: string[]; group: number; pid: number }];
    const names = Object.keys(said.env).filter((name) => !name.startsWith('NODE_CHANNEL'));
    expect(names.sort()).toEqual(['LC_ALL', 'PATH', 'WANTED']);
    expect(said).toMatchObject({ execArgv: [], group: worker.pid, pid: worker.pid });
  });

  it('reports a crash with the end of what was printed', async () => {
    const { worker } = await start(`throw new Error('boom');`);
    const exit = await worker.exited;
    expect(exit.exitCode).toBe(1);
    expect(exit.output).toContain('boom');
    expect(worker.send({})).toBe(false);
  });

  it('kills the worker with all it started', async () => {
    const { worker, messages } = await start(
      `import { spawn } from 'node:child_process';
       process.send(spawn('sleep', ['1000']).pid);
       setInterval(() => undefined, 1000);`,
    );
    await until(() => messages.length > 0);
    worker.kill();
    expect(await worker.exited).toMatchObject({ exitCode: null, signal: 'SIGKILL' });
    await until(() => !isAlive(messages[0] as number));
  });

  it('ends what a worker leaves behind', async () => {
    const { worker, messages } = await start(
      `import { spawn } from 'node:child_process';
       process.send(spawn('sleep', ['1000'], { stdio: 'inherit' }).pid, () => process.exit(0));`,
    );
    expect(await worker.exited).toMatchObject({ exitCode: 0 });
    await until(() => !isAlive(messages[0] as number));
  });
});
