/**
 * Random actions on an account, played on the engine and on a model of it (daemon/testing/model-*.ts).
 * What failed once is met again with its seed, up to the moments that kills meet:
 *
 *   SOAK_SEED=7 npx vitest run daemon/engine/model.int.spec.ts
 *
 * `npm run soak` plays a thousand for each structure and kind of destination, real servers included.
 */
import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Destination } from '../../destinations/destination.js';
import { MemoryDestination } from '../../destinations/memory/memory.destination.js';
import { inWords, planActions, shrink, type Action } from '../testing/model-plan.js';
import { ModelWorld } from '../testing/model-world.js';
import { stageOn } from '../testing/s3-stage.js';
import { CEPH_TOOLS, startCeph, type CephServer } from '../testing/servers/ceph-server.js';
import { SshStage } from '../testing/servers/ssh-stage.js';
import { canRunSshd } from '../testing/servers/sshd-server.js';
import { tempDir } from '../testing/temp-dir.js';
import { needsTool } from '../testing/tools.js';
import type { Structure } from './types.js';

const isSoak = process.env['SOAK'] === '1';
/** Others in the soak: what it finds must not stop whoever changes something else. */
const ANY_SEED = isSoak ? randomInt(2 ** 31) : 7;
const SEED = Number(process.env['SOAK_SEED'] ?? ANY_SEED);
const ACTIONS = Number(process.env['SOAK_ACTIONS'] ?? (isSoak ? 1000 : 26));
/** Each plays all that is left of the actions. */
const SHRINKINGS = isSoak ? 60 : 12;
const TIMEOUT_MS = 120_000 + ACTIONS * 10_000;
const structures: Structure[] = ['archived', 'compressed', 'incremental'];

type Opening = () => Promise<Destination | undefined>;

/** Undefined: all went as the model says. */
async function failureOf(
  actions: readonly Action[],
  structure: Structure,
  open: Opening,
): Promise<string | undefined> {
  const place = await tempDir();
  const world = await ModelWorld.make(place, SEED, { structure, destination: await open() });
  for (const [index, action] of actions.entries()) {
    try {
      await world.play(action);
    } catch (error) {
      return `${String(index)}. ${inWords([action])}: ${String(error)}`;
    }
  }
  return world.check().then(() => undefined, String);
}

async function expectAsModelled(structure: Structure, open: Opening): Promise<void> {
  const actions = planActions(SEED, ACTIONS);
  const failure = await failureOf(actions, structure, open);
  if (failure === undefined) return;
  const fails = async (some: readonly Action[]): Promise<boolean> =>
    (await failureOf(some, structure, open)) !== undefined;
  const few = await shrink(actions, fails, SHRINKINGS);
  expect.fail(`SOAK_SEED=${String(SEED)}: ${failure}\nIt also fails after: ${inWords(few)}`);
}

describe(`any actions, as the model says (seed ${String(SEED)})`, () => {
  it.each(structures)('%s, local', { timeout: TIMEOUT_MS }, async (structure) => {
    await expectAsModelled(structure, () => Promise.resolve(undefined));
  });

  it.each(structures)('%s, objects', { timeout: TIMEOUT_MS }, async (structure) => {
    await expectAsModelled(structure, () => Promise.resolve(new MemoryDestination()));
  });
});

describe.runIf(isSoak && canRunSshd() && needsTool('rsync', 'bwrap'))(
  'any actions over SSH',
  () => {
    describe.each(['shell', 'chroot'] as const)('%s', (flavour) => {
      const ssh = new SshStage();
      ssh.serve(flavour);
      let opened = 0;

      it.each(structures)('%s', { timeout: TIMEOUT_MS }, async (structure) => {
        await expectAsModelled(structure, async () => {
          opened += 1;
          const name = String(opened);
          await mkdir(join(ssh.server.directory, name), { mode: 0o700 });
          await ssh.give(join(ssh.server.directory, name));
          return ssh.open({ settings: { path: `${ssh.server.path}/${name}` } });
        });
      });
    });
  },
);

describe.runIf(isSoak && needsTool(...CEPH_TOOLS))('any actions on Ceph, as the model says', () => {
  let ceph: CephServer;

  beforeAll(async () => {
    ceph = await startCeph();
  });

  afterAll(() => ceph.close());

  it.each(structures)('%s', { timeout: TIMEOUT_MS }, async (structure) => {
    await expectAsModelled(structure, async () => (await stageOn(ceph)).open());
  });
});
