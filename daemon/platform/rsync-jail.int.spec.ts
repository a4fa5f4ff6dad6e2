/** The sender in its jail: what it sees, what it may, how it ends. */
import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, readFile, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { needsTool } from '../testing/tools.js';
import {
  probeJailedRsync,
  startJailedSender,
  type JailedDirectory,
  type JailedSender,
} from './rsync-jail.js';

async function makeDirectory(): Promise<JailedDirectory & { above: string }> {
  const above = await tempDir();
  const path = join(above, 'home');
  await mkdir(path);
  await writeFile(join(path, 'file'), 'content');
  const fd = openSync(path, 'r');
  onTestFinished(() => {
    closeSync(fd);
  });
  return { name: 'homedir', path, fd, above };
}

describe.skipIf(!needsTool('rsync', 'bwrap'))('a jailed sender', () => {
  it('is there, and tells its version', async () => {
    const probed = await probeJailedRsync();
    expect(probed).toMatchObject({
      version: expect.stringMatching(/^rsync +version 3\./) as string,
    });
  });

  it('asks for its other side without a host, a path or a name of ours', async () => {
    const directory = await makeDirectory();
    const sender = startJailedSender(directory, ['-pt', '--numeric-ids'], ['homedir/file']);
    const asked = await sender.asked;
    sender.kill();
    expect(asked.slice(0, 2)).toEqual(['rsync', '--server']);
    expect(asked.slice(-2)).toEqual(['.', '.']);
    expect(asked.join(' ')).not.toContain(directory.above);
    expect((await sender.ended).exitCode).toBeUndefined();
  });

  it('refuses a directory that was exchanged for another', async () => {
    const directory = await makeDirectory();
    await rename(directory.path, join(directory.above, 'aside'));
    await symlink('/etc', directory.path);
    const sender = startJailedSender(directory, ['-pt'], ['homedir/passwd']);
    expect(await sender.asked).toEqual([]);
    const { output } = await sender.ended;
    expect(output).toBe('the directory was exchanged for another one meanwhile');
  });

  it('sends what it is told to, and sees nothing beside the directory', async () => {
    const directory = await makeDirectory();
    const { above, path } = directory;
    await symlink(above, join(path, 'up'));
    await symlink('/etc', join(path, 'etc'));
    const names = ['homedir/up/home/file', 'homedir/etc/passwd', 'homedir/etc', 'homedir/file'];
    const target = join(above, 'target');
    await mkdir(target);
    const sender = startJailedSender(directory, ['-pt', '--numeric-ids'], names);
    await receiveInto(target, sender);
    const { exitCode, output } = await sender.ended;
    expect({ exitCode, output }).toMatchObject({ exitCode: 23 });
    expect(await readFile(join(target, 'homedir/file'), 'utf8')).toBe('content');
    expect(await readdir(join(target, 'homedir'), { recursive: true })).not.toContain('etc/passwd');
    expect(await readdir(join(target, 'homedir'), { recursive: true })).not.toContain(
      'up/home/file',
    );
  });

  it('sees nothing of the system but what it runs on', async () => {
    const directory = await makeDirectory();
    const { above, path } = directory;
    await symlink('/', join(path, 'top'));
    const secrets = [
      'usr/local/etc',
      'usr/local/share',
      'usr/share',
      'usr/src',
      'proc/self/environ',
    ];
    const there = secrets.filter((name) => existsSync(`/${name}`));
    const names = there.map((name) => `homedir/top/${name}`);
    const target = join(above, 'target');
    await mkdir(target);
    const sender = startJailedSender(directory, ['-pt'], [...names, 'homedir/file']);
    await receiveInto(target, sender);
    const { exitCode } = await sender.ended;
    expect(exitCode).toBe(23);
    const received = await readdir(join(target, 'homedir'), { recursive: true });
    expect(there.length).toBeGreaterThan(1);
    expect(there.filter((name) => received.includes(`top/${name}`))).toEqual([]);
    expect(received).toContain('file');
  });
});

async function receiveInto(cwd: string, sender: JailedSender): Promise<void> {
  const [program = '', ...args] = await sender.asked;
  const server = spawn(program, args, { cwd, stdio: ['pipe', 'pipe', 'ignore'] });
  sender.line.pipe(server.stdin);
  server.stdout.pipe(sender.line);
}
