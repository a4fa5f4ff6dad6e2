import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Snapshot } from '../daemon/runs/snapshot.entity.js';
import { signIn, startPanelDaemon, type PanelDaemon } from '../daemon/testing/panel-daemon.js';
import { makeTempDir, removeTempDir } from '../daemon/testing/temp-dir.js';

const LATER = '20991231T235959Z-cccccc';

let directory: string;
let panel: PanelDaemon;

beforeAll(async () => {
  directory = await makeTempDir();
  panel = await startPanelDaemon(directory);
  const snapshots = panel.daemon.app.get(DataSource, { strict: false }).getRepository(Snapshot);
  const annas = await snapshots.findOneByOrFail({ id: panel.annasSnapshot });
  await snapshots.insert(
    Object.assign(annas, { id: LATER, startedAt: '2099-12-31T23:59:59.000Z' }),
  );
});

afterAll(async () => {
  await panel.daemon.stop();
  await removeTempDir(directory);
});

it('compares with an earlier snapshot of the same account only, and says so', async () => {
  const admin = await signIn(panel);
  const since = async (id: string): Promise<string> => {
    const page = `/snapshots/${panel.annasSnapshot}/changes?since=${id}`;
    return (await admin.agent.get(page).expect(422)).text;
  };
  expect(await since(panel.bobsSnapshot)).toMatch(/are of different accounts\. Compare two of one/);
  expect(await since(LATER)).toContain(`The snapshot ${LATER} was not made before`);
  expect(await since(panel.annasSnapshot)).toContain('was not made before');
});

it('knows nothing of another account’s for an account', async () => {
  const { agent } = await signIn(panel, 'anna');
  const page = `/snapshots/${panel.annasSnapshot}/changes?since=${panel.bobsSnapshot}`;
  expect((await agent.get(page).expect(404)).text).not.toContain('different accounts');
});
