import { chmod, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { tempDir } from '../testing/temp-dir.js';
import { openSecretBox, Secret, SecretBox } from './secret.js';

describe('Secret', () => {
  it('prints as [secret] in every way of printing, and reveals on demand', () => {
    const secret = new Secret('hunter2');
    const printed = [
      String(secret),
      JSON.stringify({ secret }),
      inspect({ secret }, { showHidden: true, depth: 9 }),
      secret.toString(),
      Object.values(secret).join(),
    ];
    expect(printed.join('\n')).not.toContain('hunter2');
    expect(printed[0]).toBe('[secret]');
    expect(secret.reveal()).toBe('hunter2');
  });
});

describe('SecretBox', () => {
  const box = new SecretBox(Buffer.alloc(32, 7));

  it.each(['', 'hunter2', 'pässwörd\n', 'x'.repeat(10_000)])('opens what it sealed', (text) => {
    expect(box.open(box.seal(text, 'here'), 'here').reveal()).toBe(text);
    expect(box.open(box.seal(new Secret(text), 'here'), 'here').reveal()).toBe(text);
  });

  it('derives a key for each purpose, always the same', () => {
    const keys = ['a', 'b', 'a'].map((purpose) => box.deriveKey(purpose).toString('hex'));
    expect(keys[0]).toHaveLength(64);
    expect(keys[0]).toBe(keys[2]);
    expect(keys[1]).not.toBe(keys[0]);
    expect(new SecretBox(Buffer.alloc(32, 8)).deriveKey('a').toString('hex')).not.toBe(keys[0]);
  });

  it('seals the same text differently each time', () => {
    expect(box.seal('a', 'here')).not.toBe(box.seal('a', 'here'));
  });

  it('does not open in another place or with another key', () => {
    const sealed = box.seal('hunter2', 'destination:one');
    const otherBox = new SecretBox(Buffer.alloc(32, 8));
    expect(() => box.open(sealed, 'destination:two')).toThrow('of destination:two does not open');
    expect(() => otherBox.open(sealed, 'destination:one')).toThrow('does not open');
  });

  it('notices a change of any single byte', () => {
    const sealed = Buffer.from(box.seal('hunter2', 'here').slice(3), 'base64url');
    for (let index = 0; index < sealed.length; index += 1) {
      const changed = Buffer.from(sealed);
      changed[index] = (changed[index] ?? 0) ^ 1;
      expect(() => box.open(`v1.${changed.toString('base64url')}`, 'here')).toThrow(
        'does not open',
      );
    }
  });

  it.each(['', 'v1.', 'v1.AAAA', 'v2.AAAA', 'hunter2'])('refuses %j', (sealed) => {
    expect(() => box.open(sealed, 'here')).toThrow('does not open');
  });

  it('refuses a key of the wrong length', () => {
    expect(() => new SecretBox(Buffer.alloc(16))).toThrow('32 bytes');
  });
});

describe('openSecretBox', () => {
  it('makes a closed key once, also when opened many times at once', async () => {
    const keys = await tempDir();
    const boxes = await Promise.all(Array.from({ length: 8 }, () => openSecretBox(keys)));
    const sealed = boxes[0]?.seal('hunter2', 'here') ?? '';
    for (const box of boxes) expect(box.open(sealed, 'here').reveal()).toBe('hunter2');
    const path = join(keys, 'secrets.key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path)).toHaveLength(32);
  });

  it('refuses a key that others can read', async () => {
    const keys = await tempDir();
    await openSecretBox(keys);
    await chmod(join(keys, 'secrets.key'), 0o640);
    await expect(openSecretBox(keys)).rejects.toMatchObject({ code: 'key.exposed' });
  });

  it('refuses a key that is a link', async () => {
    const keys = await tempDir();
    await writeFile(join(keys, 'elsewhere'), Buffer.alloc(32), { mode: 0o600 });
    await symlink('elsewhere', join(keys, 'secrets.key'));
    await expect(openSecretBox(keys)).rejects.toMatchObject({ code: 'ELOOP' });
  });

  it('refuses a key that was cut short', async () => {
    const keys = await tempDir();
    await writeFile(join(keys, 'secrets.key'), Buffer.alloc(31), { mode: 0o600 });
    await expect(openSecretBox(keys)).rejects.toMatchObject({ code: 'secret.bad-key' });
  });
});
