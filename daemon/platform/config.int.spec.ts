import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { loadConfig } from './config.js';

describe('loadConfig', () => {
  it('reads the file', async () => {
    const file = join(await tempDir(), 'config.yaml');
    await writeFile(file, 'panel:\n  port: 8080 # ours\n');
    expect((await loadConfig({ file, env: {} })).config.panel.port).toBe(8080);
  });

  it('takes a missing file for the defaults', async () => {
    const file = join(await tempDir(), 'config.yaml');
    expect((await loadConfig({ file, env: {} })).config.panel.port).toBe(3035);
  });

  it('refuses a file that everyone may write', async () => {
    const file = join(await tempDir(), 'config.yaml');
    await writeFile(file, '');
    await chmod(file, 0o666);
    await expect(loadConfig({ file, env: {} })).rejects.toMatchObject({ code: 'config.exposed' });
  });

  it('says which file it cannot read', async () => {
    const file = join(await tempDir(), 'config.yaml');
    await mkdir(file);
    await expect(loadConfig({ file, env: {} })).rejects.toThrow(`${file} cannot be read (EISDIR)`);
  });
});
