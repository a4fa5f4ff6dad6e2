import 'reflect-metadata';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HookDocument } from '../jobs/hook-program.js';
import type { HookMoment, HookSubject } from '../jobs/hook.entity.js';
import { admin, openHarness, until, type HarnessOptions } from '../testing/runs-harness.js';

interface Told extends HookDocument {
  hook: string;
}

/** `add`: a hook whose program keeps what it is told, then does as its script says. */
async function setUp(accounts: string[], options: Partial<HarnessOptions> = {}) {
  const harness = await openHarness({ accounts, ...options });
  const folder = join(harness.home, 'hooks');
  await mkdir(folder, { mode: 0o700 });
  const told = join(folder, 'told');
  const add = async (
    [moment, subject]: [HookMoment, HookSubject],
    script = 'exit 0',
    given: { timeoutSeconds?: number; args?: string[] } = {},
  ) => {
    const name = `${moment}-${subject}`;
    const program = join(folder, name);
    const keep = `heard="$(cat)"; printf '%s %s\\n' ${name} "$heard" >> ${told}`;
    await writeFile(program, `#!/bin/sh\n${keep}\n${script}\n`, { mode: 0o700 });
    return harness.hooks.add(admin, { name, moment, subject, program, ...given });
  };
  /** What the hooks were told, in order. */
  const heard = async (): Promise<Told[]> => {
    const text = await readFile(told, 'utf8').catch(() => '');
    return text.split('\n').flatMap((line) => {
      const [, hook = '', json = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
      return hook === '' ? [] : [{ hook, ...(JSON.parse(json) as HookDocument) }];
    });
  };
  const backUp = async (job = 'nightly') => {
    const { id } = await harness.runs.startBackup(admin, job);
    const run = await harness.runs.waitFor(id);
    const log = (await harness.runs.log(admin, id)).map(({ message }) => message);
    return { run, log };
  };
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  return { ...harness, folder, told, add, heard, backUp };
}

describe('hooks', () => {
  it('run around a run and each of its accounts, and are told of both', async () => {
    const { add, heard, backUp, destination, accounts, trace } = await setUp(['ok-1', 'ok-2']);
    await add(['before', 'run']);
    await add(['before', 'task'], 'echo "got $1"', { args: ['$(id) x'] });
    await add(['after', 'task']);
    await add(['after', 'run']);
    await add(['before', 'restore'], 'exit 1');
    const { run, log } = await backUp();
    expect(run.state).toBe('complete');
    expect(log.at(-1)).toBe('Finished: complete.');
    expect(log).toContain('before-task: got $(id) x');
    const said = await heard();
    const hooks = said.map(({ hook }) => hook);
    expect([hooks.at(0), hooks.at(-1), hooks.length]).toEqual(['before-run', 'after-run', 6]);
    const { id } = await accounts.get(admin, 'ok-1');
    expect(said.find(({ hook, account }) => hook === 'after-task' && account?.name === 'ok-1')).toMatchObject({
      isTest: false,
      run: { id: run.id, kind: 'backup', requestedBy: 'root' },
      job: { name: 'nightly' },
      account: { id },
      destinations: [{ id: destination.id, name: 'disk' }],
      outcome: { state: 'complete', error: null, tasks: [{ accountId: id, state: 'complete' }] },
    }); // prettier-ignore
    expect(said[0]).toMatchObject({ account: null, outcome: null });
    expect(said.at(-1)).toMatchObject({ outcome: { state: 'complete' } });
    expect((await trace()).filter(({ event }) => event === 'end')).toHaveLength(2);
  });

  it('before a run that fail stop it with what they said last, and nothing is tried again', async () => {
    const { add, heard, backUp, trace, addJob } = await setUp(['ok-1', 'ok-2']);
    await addJob('retrying', 'all', 3);
    await add(['before', 'run'], 'echo first; echo "no room left" >&2; exit 7');
    await add(['after', 'run']);
    const { run, log } = await backUp('retrying');
    expect([run.state, run.error?.code]).toEqual(['failed', 'hook.failed']);
    expect(run.error?.message).toMatch(
      /^The hook "before-run" failed: .*exit code 7: no room left$/,
    );
    expect(log).toContain('before-run: first');
    expect((await heard()).map(({ hook }) => hook)).toEqual(['before-run', 'after-run']);
    expect((await heard()).at(-1)).toMatchObject({ outcome: { state: 'failed' } });
    expect(await trace()).toEqual([]);
  });

  it('before a task that fail stop that account only', async () => {
    const { add, backUp, records } = await setUp(['ok-1', 'ok-2']);
    await add(['before', 'task'], `case "$heard" in *'"name":"ok-1"'*) echo bad; exit 1;; esac`);
    const { run } = await backUp();
    expect(run.state).toBe('incomplete');
    const states = (await records.listTasks(run.id)).map(({ state }) => state);
    expect(states).toEqual(['failed', 'complete']);
  });

  it('that take too long are killed with all they started', async () => {
    const { add, backUp, folder } = await setUp(['ok-1']);
    const pid = join(folder, 'pid');
    await add(['before', 'task'], `echo waiting; sleep 1000 & echo $! > ${pid}; wait`, {
      timeoutSeconds: 1,
    });
    const { run } = await backUp();
    expect(run.error?.message).toMatch(/did not finish within 1 s .* It said last: waiting$/);
    const child = Number(await readFile(pid, 'utf8'));
    await until(() => Promise.resolve(isAlive(child) ? undefined : true));
  });

  it('after it that fail are a warning', async () => {
    const { add, backUp, runs } = await setUp(['ok-1']);
    await add(['after', 'task'], 'echo sorry; exit 1');
    await add(['after', 'run'], 'exit 2');
    const { run } = await backUp();
    expect(run.state).toBe('complete');
    const lines = await runs.log(admin, run.id);
    const warnings = lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    expect(warnings).toEqual([
      expect.stringMatching(/^The hook "after-task" failed: .*exit code 1: sorry$/),
      expect.stringMatching(/^The hook "after-run" failed: .*exit code 2\.$/),
    ]);
  });

  it('stand around a restore', async () => {
    const { add, backUp, heard, runs, snapshots, hooks } = await setUp(['ok-1']);
    await backUp();
    await add(['before', 'restore'], 'echo maintenance; exit 1');
    await add(['after', 'restore']);
    await add(['before', 'run'], 'exit 1');
    const [snapshot] = await snapshots.list({ limit: 1 });
    const restore = async () => {
      const { id } = await runs.startRestore(admin, snapshot?.id ?? '', {});
      return runs.waitFor(id);
    };
    const refused = await restore();
    expect(refused.state).toBe('failed');
    expect(refused.error?.message).toContain('maintenance');
    expect(await heard()).toMatchObject([
      { hook: 'before-restore', restore: { snapshotId: snapshot?.id }, account: { name: 'ok-1' } },
      { hook: 'after-restore', outcome: { state: 'failed' } },
    ]);
    await hooks.setEnabled(admin, 'before-restore', false);
    expect((await restore()).state).toBe('complete');
  });

  it('are stopped with their run, and those after it run all the same', async () => {
    const { add, heard, runs, queue } = await setUp(['ok-1', 'ok-2'], { concurrency: 1 });
    await add(['before', 'run'], 'exec sleep 1000');
    await add(['after', 'run'], 'exit 0');
    const { id } = await runs.startBackup(admin, 'nightly');
    await until(async () => ((await heard()).length > 0 ? true : undefined));
    await runs.cancel(admin, id);
    expect((await runs.waitFor(id)).state).toBe('cancelled');
    expect((await heard()).map(({ hook }) => hook)).toEqual(['before-run', 'after-run']);
    await queue.stop();
  });

  it('are stopped when the daemon stops, and the run is interrupted', async () => {
    const { add, heard, runs, queue } = await setUp(['ok-1']);
    await add(['before', 'task'], 'exec sleep 1000');
    await add(['after', 'run']);
    const { id } = await runs.startBackup(admin, 'nightly');
    await until(async () => ((await heard()).length > 0 ? true : undefined));
    await queue.stop();
    expect((await runs.get(admin, id)).run.state).toBe('interrupted');
    expect(await heard()).toHaveLength(1);
  });

  it('after a run can be cancelled, too', async () => {
    const { add, heard, runs } = await setUp(['ok-1']);
    await add(['after', 'run'], 'exec sleep 1000');
    const { id } = await runs.startBackup(admin, 'nightly');
    await until(async () => ((await heard()).length > 0 ? true : undefined));
    expect((await runs.get(admin, id)).run.state).toBe('running');
    await runs.cancel(admin, id);
    expect((await runs.waitFor(id)).state).toBe('complete');
  });

  it('that others could have changed since are not run', async () => {
    const { add, backUp, heard, folder } = await setUp(['ok-1']);
    await add(['before', 'task']);
    await chmod(join(folder, 'before-task'), 0o777);
    const { run } = await backUp();
    expect(run.error?.message).toContain('was not run');
    expect(run.error?.message).toContain('chmod go-w');
    expect(await heard()).toEqual([]);
  });
});

describe('keeping hooks', () => {
  it('is the business of admins, and each has one name', async () => {
    const { add, hooks, actorOf, folder } = await setUp(['ok-1']);
    const hook = await add(['before', 'run'], 'echo hello; exit 3');
    expect(hook).toMatchObject({ isEnabled: true, timeoutSeconds: 300, args: [] });
    await expect(add(['before', 'run'], 'echo hello; exit 3')).rejects.toMatchObject({
      code: 'hook.exists',
    });
    const bad = { name: 'x', moment: 'before', subject: 'run', program: `${folder}/none` } as const;
    await expect(hooks.add(admin, bad)).rejects.toMatchObject({ code: 'hook.untrusted' });
    expect(await hooks.test(admin, 'before-run')).toMatchObject({ isOk: false, output: ['hello'] });
    const tenant = await actorOf('ok-1');
    const denied = { kind: 'denied' };
    await expect(hooks.list(tenant)).rejects.toMatchObject(denied);
    await expect(hooks.test(tenant, 'before-run')).rejects.toMatchObject(denied);
    await expect(hooks.add(tenant, bad)).rejects.toMatchObject(denied);
    await expect(hooks.remove(tenant, 'before-run')).rejects.toMatchObject(denied);
    await hooks.remove(admin, 'before-run');
    await expect(hooks.get(admin, 'before-run')).rejects.toMatchObject({ kind: 'not-found' });
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
