import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { DestinationKind } from '../../destinations/registry.js';
import { systemActor, type AccountActor } from '../auth/actor.js';
import { SecretBox } from '../platform/secret.js';
import { DestinationKeys } from './destination-keys.js';

const kind = {
  makeKey: (comment: string) =>
    Promise.resolve({ privateKey: 'PRIVATE', authorizedKeysLine: `ssh ${comment}` }),
} as unknown as DestinationKind;

function newKeys(): DestinationKeys {
  return new DestinationKeys(new SecretBox(randomBytes(32)));
}

describe('a key for a new destination', () => {
  it('travels sealed, and opens where it was made', async () => {
    const keys = newKeys();
    const made = await keys.make(systemActor, kind);
    expect(made?.line).toBe('ssh holdfast');
    expect(JSON.stringify(made)).not.toContain('PRIVATE');
    expect(keys.open(systemActor, made?.sealed ?? '')).toMatchObject({ privateKey: 'PRIVATE' });
  });

  it('is refused when another server made it, or nobody did', async () => {
    const sealed = (await newKeys().make(systemActor, kind))?.sealed ?? '';
    for (const text of [sealed, 'nonsense', '']) {
      expect(() => newKeys().open(systemActor, text)).toThrow('make another one');
    }
  });

  it('is made by admins only, and only where keys sign in', async () => {
    const anna: AccountActor = { role: 'account', accountId: 'a', accountName: 'anna', label: 'anna', origin: 'panel' }; // prettier-ignore
    await expect(newKeys().make(anna, kind)).rejects.toThrow('Only an admin');
    expect(await newKeys().make(systemActor, undefined)).toBeUndefined();
  });
});
