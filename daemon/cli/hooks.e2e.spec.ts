import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCliStage, type CliStage } from '../testing/cli-stage.js';

let stage: CliStage;

beforeAll(async () => {
  stage = await openCliStage();
});

afterAll(() => stage.close());

describe('a hook', () => {
  it('is added, tried, listed, stops a backup, and is switched off and removed', async () => {
    const program = join(stage.directory, 'guard');
    await writeFile(program, '#!/bin/sh\necho "checked $1"; grep -q \'"isTest":true\'\n');
    await chmod(program, 0o755);
    const add = ['hook', 'add', 'guard', program, '--before', 'run', '--timeout', '20', '--', '-x'];
    expect(await stage.json(...add)).toMatchObject({
      args: ['-x'],
      timeoutSeconds: 20,
      isEnabled: true,
    });
    const tried = await stage.holdfast(['hook', 'test', 'guard']);
    expect([tried.code, tried.stdout]).toEqual([0, 'checked -x\nThe hook went well.\n']);
    expect((await stage.holdfast(['hook', 'list'])).stdout).toMatch(/^guard +before run +on +\//m);
    const run = await stage.holdfast(['job', 'run', 'nightly', '--wait']);
    expect(run.code).toBe(4);
    expect(run.stdout + run.stderr).toContain('exit code 1: checked -x');
    await stage.json('hook', 'disable', 'guard');
    expect((await stage.holdfast(['hook', 'show', 'guard'])).stdout).toMatch(/^state +off$/m);
    await stage.json('job', 'run', 'nightly', '--account', 'bob', '--wait');
    await chmod(program, 0o777);
    const open = await stage.holdfast(['hook', 'test', 'guard']);
    expect([open.code, open.stderr]).toEqual([4, expect.stringContaining('chmod go-w')]);
    await stage.json('hook', 'enable', 'guard');
    await stage.json('hook', 'remove', 'guard');
    expect((await stage.holdfast(['hook', 'show', 'guard'])).code).toBe(5);
  });

  it.each([
    [['/usr/bin/true'], 'Say when: --before or --after'],
    [['true', '--before', 'run'], 'Give the absolute path of a program.'],
    [['/usr/bin/no-such', '--after', 'task'], 'cannot be looked at (ENOENT)'],
    [['/usr/bin/true', '--after', 'download'], 'Allowed choices are run, task, restore.'],
    [['/usr/bin/true', '--after', 'run', '--timeout', '0'], 'At least 1 second.'],
  ])('%j is refused: %s', async (args, message) => {
    const { code, stderr } = await stage.holdfast(['hook', 'add', 'wrong', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringContaining(message)]);
  });
});
