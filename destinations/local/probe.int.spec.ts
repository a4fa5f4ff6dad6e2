import { chmod, chown, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../../daemon/testing/temp-dir.js';
import { needsRoot } from '../../daemon/testing/tools.js';
import { LocalDestination } from './local.destination.js';
import { checkMounted, checkPlaceRules, type PlaceRules } from './probe.js';

const SANDBOX: PlaceRules = { requireRootOwner: false, forbiddenBelow: [] };
const SERVER: PlaceRules = { requireRootOwner: true, forbiddenBelow: [] };
const TENANT = 4321;

async function makeDirectory(mode = 0o700): Promise<string> {
  const path = join(await tempDir(), 'backup');
  await mkdir(path);
  await chmod(path, mode);
  return path;
}

function refusal(part: string): unknown {
  return expect.objectContaining({
    kind: 'destination',
    code: 'destination.misconfigured',
    message: expect.stringContaining(part) as unknown,
  });
}

describe('a mount that is required', () => {
  it('is missed on the file system of / or of a home, and found elsewhere', async () => {
    const shown = expect.objectContaining({
      code: 'destination.unreachable',
      message: expect.stringContaining('is not mounted') as unknown,
    }) as unknown;
    await expect(checkMounted('/', [])).rejects.toEqual(shown);
    await expect(checkMounted('/dev/shm', ['/dev/shm'])).rejects.toEqual(shown);
    await checkMounted('/dev/shm', ['/nowhere/at/all']);
    await expect(checkMounted('/nowhere/at/all', [])).rejects.toThrow('does not exist');
  });

  it('is asked for by the settings alone, before anything is written', async () => {
    const path = await makeDirectory();
    const rules = { ...SANDBOX, forbiddenBelow: [dirname(path)] };
    const probe = (isMountRequired: boolean): Promise<void> =>
      new LocalDestination({ path, isMountRequired }, rules).probe();
    await expect(probe(true)).rejects.toThrow('is not mounted');
    await expect(probe(false)).rejects.toThrow('inside the account home');
  });

  it('or is none, and validation warns of the disk of the homes', async () => {
    const path = await makeDirectory(0o755);
    const home = await makeDirectory();
    const rules = { ...SANDBOX, forbiddenBelow: [home] };
    const warnings = await new LocalDestination({ path }, rules).warnings();
    expect(warnings.map(({ name }) => name)).toEqual(['mode', 'same-disk']);
  });
});

describe('the place of a local destination', () => {
  it('is accepted when only its owner can write it', async () => {
    await checkPlaceRules(await makeDirectory(0o755), SANDBOX);
  });

  it.each([
    [0o775, 'g-w'],
    [0o757, 'o-w'],
    [0o777, 'go-w'],
    [0o1777, 'go-w'],
  ])('is refused with mode %o; the mend is chmod %s', async (mode, change) => {
    const path = await makeDirectory(mode);
    await expect(checkPlaceRules(path, SANDBOX)).rejects.toEqual(
      refusal(`run: chmod ${change} ${path}`),
    );
  });

  it('is refused when it is missing', async () => {
    const path = join(await tempDir(), 'missing');
    await expect(checkPlaceRules(path, SANDBOX)).rejects.toMatchObject({
      code: 'destination.unreachable',
      message: expect.stringContaining(path) as unknown,
    });
  });

  it('is refused when it is a symbolic link, or below one', async () => {
    const path = await makeDirectory();
    await mkdir(join(path, 'inner'));
    const link = join(await tempDir(), 'link');
    await symlink(path, link);
    await expect(checkPlaceRules(link, SANDBOX)).rejects.toEqual(refusal(path));
    await expect(checkPlaceRules(join(link, 'inner'), SANDBOX)).rejects.toEqual(
      refusal(join(path, 'inner')),
    );
  });

  it('is refused in, at and above the home of an account, however that is written', async () => {
    const parent = await tempDir();
    const [home, link] = [join(parent, 'home'), join(await tempDir(), 'link')];
    await mkdir(join(home, 'inner'), { recursive: true });
    await mkdir(join(parent, 'home2'));
    await symlink(home, link);
    const rules = (forbidden: string): PlaceRules => ({
      ...SANDBOX,
      forbiddenBelow: [forbidden],
    });
    for (const written of [home, `${home}/`, link]) {
      await expect(checkPlaceRules(home, rules(written))).rejects.toEqual(refusal('inside'));
      await expect(checkPlaceRules(join(home, 'inner'), rules(written))).rejects.toEqual(
        refusal('inside'),
      );
      await expect(checkPlaceRules(parent, rules(written))).rejects.toEqual(refusal('holds'));
      await checkPlaceRules(join(parent, 'home2'), rules(written));
    }
    await checkPlaceRules(join(home, 'inner'), rules(join(home, 'inner-missing')));
    await checkPlaceRules(join(home, 'inner'), rules('/'));
  });
});

describe.skipIf(!needsRoot())('the place of a local destination on a server', () => {
  it('is accepted below a sticky directory of root', async () => {
    await checkPlaceRules(await makeDirectory(), SERVER);
  });

  it('is refused when someone else owns it', async () => {
    const path = await makeDirectory();
    await chown(path, TENANT, TENANT);
    for (const rules of [SERVER, SANDBOX]) {
      await expect(checkPlaceRules(path, rules)).rejects.toEqual(refusal(`chown root ${path}`));
    }
  });

  it('is refused when someone else owns or can write a directory above', async () => {
    const path = await makeDirectory();
    const above = join(path, '..');
    await chmod(above, 0o770);
    await expect(checkPlaceRules(path, SERVER)).rejects.toEqual(refusal('chmod g-w'));
    await chmod(above, 0o700);
    await checkPlaceRules(path, SERVER);
    await chown(above, TENANT, TENANT);
    await expect(checkPlaceRules(path, SERVER)).rejects.toEqual(refusal('chown root'));
    await checkPlaceRules(path, SANDBOX);
  });
});
