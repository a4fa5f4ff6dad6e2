/** What validation says of trees, on servers with a shell and without one. */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { SshStage } from '../../daemon/testing/servers/ssh-stage.js';
import { canRunSshd } from '../../daemon/testing/servers/sshd-server.js';
import { needsTool } from '../../daemon/testing/tools.js';
import { validateDestination, type ValidationReport } from '../conformance/validate-destination.js';
import { ReadOnlyDestination } from '../wrappers/read-only.destination.js';
import { SftpSession } from './sftp-session.js';

const canRun = canRunSshd() && needsTool('rsync', 'bwrap');

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function validate(stage: SshStage): Promise<ValidationReport> {
  const signal = AbortSignal.timeout(60_000);
  return validateDestination(stage.open(), { signal, now: () => new Date(), scratchName: 'one' });
}

describe.skipIf(!canRun)('a server with a shell', () => {
  const stage = new SshStage();
  stage.serve('shell');

  it('can keep trees, and nothing is left of the trial', async () => {
    const report = await validate(stage);
    expect(report).toMatchObject({ isOk: true, capabilities: { hardLinkTrees: true } });
    expect(report.checks.filter(({ isWarning }) => isWarning)).toEqual([]);
    expect(readdirSync(stage.server.directory)).toEqual([]);
  });

  it('tells hashes of names of all kinds, in two calls however many there are', async () => {
    const { trees } = stage.open();
    expect(await trees.obstacle()).toBeUndefined();
    const tree = await trees.begin('server/account/trees/one', undefined);
    const odd = ['two\nlines', 'back\\slash', 'return\r', `${'0'.repeat(64)}  .\n`, '$(id)\n'];
    const names = [...odd, 'plain', '-c', '`id`'].map((name) => `files/${name}`);
    for (const name of names) await tree.write(name, Buffer.from(`in ${name}`));
    const exec = vi.spyOn(SftpSession.prototype, 'exec');
    const asked = ['files/not\nthere', ...names, 'files/nor this'];
    const digests = await tree.digest(asked);
    const calls = exec.mock.calls.length;
    exec.mockRestore();
    const expected = names.map((name) => [name, sha256(`in ${name}`)] as const);
    expect(new Map(digests)).toEqual(new Map(expected));
    expect(calls).toBe(2);
    await tree.discard();
  });

  it('is not tried where nothing may be written', () => {
    const destination = new ReadOnlyDestination(stage.open());
    expect(destination.warnings).toBeUndefined();
  });
});

describe.skipIf(!canRun).each(['chroot', 'plain'] as const)(
  'a server with SFTP only (%s)',
  (flavour) => {
    const stage = new SshStage();
    stage.serve(flavour);

    it('serves, but validation warns that there will be archives', async () => {
      const report = await validate(stage);
      expect(report).toMatchObject({ isOk: true, capabilities: { hardLinkTrees: false } });
      const [warning] = report.checks.filter(({ isWarning }) => isWarning);
      expect(warning).toMatchObject({
        name: 'trees',
        mend: expect.stringContaining('rsync') as string,
      });
      expect(warning?.message).toContain('because it offers no shell');
      expect(readdirSync(stage.server.directory)).toEqual([]);
    });
  },
);
