import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onPanel } from '../daemon/testing/on-panel.js';
import { type PanelDaemon, post, signIn, type Visitor } from '../daemon/testing/panel-daemon.js';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import { problemsIn } from '../daemon/testing/valid-html.js';

let panel: PanelDaemon;
let admin: Visitor;
let anna: Visitor;
let program: string;

onPanel(async (started, directory) => {
  panel = started;
  admin = await signIn(panel);
  anna = await signIn(panel, 'anna');
  program = join(directory, 'hook');
  await writeFile(program, '#!/bin/sh\nprintf "<%s>\\n" "$@"; grep -q isTest\n', { mode: 0o755 });
});

async function textOf(path: string): Promise<string> {
  const response = await admin.agent.get(path).expect(200);
  expect(await problemsIn(response)).toEqual([]);
  return response.text;
}

describe('a hook', () => {
  const form = { name: 'flush', moment: 'before', subject: 'task', args: `one two\r\n${HOSTILE}`, timeoutSeconds: '9' }; // prettier-ignore

  it('is added, tried, switched off and removed', async () => {
    await post(admin, '/hooks/notify/remove');
    expect(await textOf('/hooks')).toContain('There are no hooks');
    expect(await textOf('/new-hook')).toContain('/usr/local/sbin/flush-cache');
    const added = await post(admin, '/new-hook', { ...form, program });
    expect([added.status, added.headers['location']]).toEqual([303, '/hooks/flush']);
    const shown = await textOf('/hooks/flush');
    for (const part of ['before each account of a run', 'one two', '9 s']) expect(shown).toContain(part); // prettier-ignore
    expect(shown).not.toContain('<img src=x');
    expect(await textOf('/hooks')).toContain('href="/hooks/flush"');
    const tried = await post(admin, '/hooks/flush/test');
    expect([tried.status, await problemsIn(tried)]).toEqual([200, []]);
    expect(tried.text).toContain('The hook went well.');
    expect(tried.text).toContain('&lt;one two&gt;');
    expect(tried.text).not.toContain('<img src=x');
    await writeFile(program, '#!/bin/sh\necho broken; exit 1\n');
    const failed = await post(admin, '/hooks/flush/test');
    expect([failed.text.includes('exit code 1: broken'), await problemsIn(failed)]).toEqual([true, []]); // prettier-ignore
    expect((await post(admin, '/hooks/flush/switch', { isEnabled: 'no' })).status).toBe(303);
    expect(await textOf('/hooks/flush')).toContain('Switch on');
    const removed = await post(admin, '/hooks/flush/remove');
    expect([removed.status, removed.headers['location']]).toEqual([303, '/hooks']);
    await admin.agent.get('/hooks/flush').expect(404);
  });

  it.each([
    [{ program: '/nowhere/at/all' }, 'cannot be looked at (ENOENT)'],
    [{ program: 'flush' }, 'Give the absolute path'],
    [{ program: HOSTILE, name: HOSTILE }, 'A name has 1 to 64'],
    [{ program: '/usr/bin/true', timeoutSeconds: 'long' }, 'It must be a whole number.'],
  ])('%j is shown again with what is wrong', async (change, part) => {
    const response = await post(admin, '/new-hook', { ...form, ...change });
    expect([response.status, await problemsIn(response)]).toEqual([422, []]);
    expect(response.text).toContain(part);
    expect(response.text).not.toContain('<img src=x');
  });

  it('is nothing for end users', async () => {
    for (const path of ['/hooks', '/new-hook', '/hooks/flush']) await anna.agent.get(path).expect(403); // prettier-ignore
    expect((await post(anna, '/new-hook', { ...form, program })).status).toBe(403);
    expect((await post(anna, '/hooks/flush/test')).status).toBe(403);
    expect((await anna.agent.get('/')).text).not.toContain('href="/hooks"');
  });
});
