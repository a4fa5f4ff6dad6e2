import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { instancePaths, makeInstanceDirectories } from './instance.js';

describe('instancePaths', () => {
  it('puts everything of --home DIR under DIR', () => {
    const paths = instancePaths('/srv/one');
    expect(Object.values<string>({ ...paths }).every((path) => path.startsWith('/srv/one'))).toBe(
      true,
    );
    expect(paths.socket).toBe('/srv/one/run/holdfast.sock');
    expect(paths.config).toBe('/srv/one/config.yaml');
  });

  it('uses the places of the system without it', () => {
    const paths = instancePaths();
    expect(paths.database).toBe('/var/lib/holdfast/state/catalogue.sqlite');
    expect(paths.socket).toBe('/run/holdfast/holdfast.sock');
    expect(paths.config).toBe('/etc/holdfast/config.yaml');
  });

  it('makes a relative DIR absolute, since the daemon may change its directory', () => {
    expect(instancePaths('here').home).toBe(join(process.cwd(), 'here'));
  });
});

describe('makeInstanceDirectories', () => {
  it('closes the state and opens the way to the socket, also where directories exist', async () => {
    const paths = instancePaths(join(await tempDir(), 'instance'));
    await mkdir(paths.keys, { recursive: true, mode: 0o777 });
    await makeInstanceDirectories(paths);
    await makeInstanceDirectories(paths);
    for (const path of [paths.state, paths.keys, paths.logs, paths.runLogs, paths.downloads]) {
      expect(await modeOf(path)).toBe(0o700);
    }
    expect(await modeOf(dirname(paths.socket))).toBe(0o755);
  });
});

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o7777;
}
