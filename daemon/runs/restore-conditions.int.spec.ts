import 'reflect-metadata';
import { expect, it } from 'vitest';
import { admin, openHarness } from '../testing/runs-harness.js';

const TEXT = 'I know that what I changed since is replaced.';

async function setUp() {
  const harness = await openHarness({ accounts: ['ok-1'] });
  await harness.addJob('nightly', 'all');
  await harness.queue.start();
  await harness.runs.waitFor((await harness.runs.startBackup(admin, 'nightly')).id);
  const [snapshot] = await harness.snapshots.list({ limit: 1 });
  return { ...harness, id: snapshot?.id ?? '', tenant: await harness.actorOf('ok-1') };
}

it('is asked of those it is for, listed in the refusal, and kept when it was accepted', async () => {
  const { conditions, runs, previews, events, tenant, id } = await setUp();
  const added = await conditions.add(admin, { name: 'replaces', text: ` ${TEXT} ` });
  await conditions.add(admin, { name: 'careful', text: 'I am careful.', audience: 'admins', use: 'both' }); // prettier-ignore
  await previews.preview(tenant, id, {});
  await runs.startDownload(tenant, id, {});
  await expect(runs.startRestore(tenant, id, {})).rejects.toMatchObject({
    kind: 'input',
    code: 'restore.conditions',
    message: expect.stringContaining(`--accept replaces what follows. replaces: “${TEXT}”`) as string, // prettier-ignore
    details: {
      conditions: [{ name: 'replaces', text: TEXT }],
      problems: [{ field: 'accept', message: `Accept this to go on: “${TEXT}”` }],
    },
  });
  const accepted = [{ name: 'replaces', text: TEXT }];
  for (const accept of [['replaces'], [added.id, 'careful']]) {
    const run = await runs.startRestore(tenant, id, { accept });
    expect(run.request).toMatchObject({ accepted });
    expect((await events.list(tenant, { limit: 1 }))[0]).toMatchObject({
      action: 'restore.requested',
      details: { accepted },
    });
  }
  await expect(runs.startDownload(admin, id, {})).rejects.toMatchObject({ code: 'restore.conditions' }); // prettier-ignore
  await runs.startDownload(admin, id, { accept: ['careful'] });
  await expect(runs.startRestore(tenant, id, { accept: ['replaces', 'nothing'] })).rejects.toThrow(
    'There is no condition "nothing" to accept; leave it out.',
  );
  await conditions.remove(admin, 'replaces');
  const free = await runs.startRestore(tenant, id, {});
  expect(free.request).not.toHaveProperty('accepted');
});

it('is asked anew of what is repeated when it was not accepted then', async () => {
  const { conditions, runs, queue, tenant, id } = await setUp();
  await queue.stop();
  await conditions.add(admin, { name: 'old', text: 'An old one.' });
  const run = await runs.startRestore(tenant, id, { accept: ['old'] });
  await runs.cancel(tenant, run.id);
  await conditions.remove(admin, 'old');
  await runs.cancel(tenant, (await runs.retry(tenant, run.id)).id);
  await conditions.add(admin, { name: 'new', text: 'A new one.' });
  await expect(runs.retry(tenant, run.id)).rejects.toMatchObject({ code: 'restore.conditions' });
});

it('is an admin’s to change, and an account sees its own', async () => {
  const { conditions, tenant } = await setUp();
  await expect(conditions.add(tenant, { name: 'a', text: 'b' })).rejects.toMatchObject({ kind: 'denied' }); // prettier-ignore
  await conditions.add(admin, { name: 'one', text: 'x' });
  await conditions.add(admin, { name: 'two', text: 'x', audience: 'admins' });
  await expect(conditions.add(admin, { name: 'one', text: 'y' })).rejects.toMatchObject({ kind: 'conflict' }); // prettier-ignore
  await expect(conditions.add(admin, { name: 'x', text: 'a\nb' })).rejects.toThrow('one line');
  expect((await conditions.list(tenant)).map(({ name }) => name)).toEqual(['one']);
  expect(await conditions.list(admin)).toHaveLength(2);
  await expect(conditions.remove(tenant, 'one')).rejects.toMatchObject({ kind: 'denied' });
  await expect(conditions.remove(admin, 'three')).rejects.toMatchObject({ kind: 'not-found' });
});
