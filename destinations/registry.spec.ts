import { describe, expect, it } from 'vitest';
import { describeDestination, openDestination } from './registry.js';

const CONTEXT = { forbiddenBelow: [], requireRootOwner: true };

function settingsOf(settings: unknown): { kind: string; settings: unknown } {
  return { kind: 'local', settings };
}

describe('the kinds of destinations', () => {
  it('open by name, touching nothing', async () => {
    const destination = await openDestination(settingsOf({ path: '/no/such/place' }), CONTEXT);
    expect(destination.kind).toBe('local');
    await destination.close();
  });

  it('describe themselves in one line', () => {
    expect(describeDestination(settingsOf({ path: '/backup//daily/' }))).toBe('/backup/daily');
  });

  it('take secrets beside the settings, and say when they do not fit', async () => {
    const settings = { host: 'backup.example.com', user: 'me', path: '/backup' };
    const spec = { kind: 'ssh', settings, secrets: { password: 'secret' } };
    const destination = await openDestination(spec, CONTEXT);
    expect(destination.kind).toBe('ssh');
    await expect(destination.probe()).rejects.toMatchObject({ code: 'destination.misconfigured' });
    await destination.close();
    expect(describeDestination(spec)).toBe('me@backup.example.com:22/backup');
    const without = openDestination({ kind: 'ssh', settings }, CONTEXT);
    await expect(without).rejects.toThrow(/give one of the two/);
  });

  it('refuse an unknown kind and name the known ones', async () => {
    const opening = openDestination({ kind: 'tape', settings: {} }, CONTEXT);
    await expect(opening).rejects.toThrow(/one of: local, ssh, s3/);
  });

  it.each([
    [{}, 'path'],
    [{ path: 'relative' }, 'absolute'],
    [{ path: '/' }, 'of its own'],
    [{ path: '/..' }, 'of its own'],
    [{ path: '/a\0b' }, 'NUL'],
    [{ path: '/a', diskLimitPercent: 101 }, 'diskLimitPercent'],
    [{ path: '/a', disklimitpercent: 90 }, 'disklimitpercent'],
  ])('refuse settings %j and say why', async (settings, part) => {
    const opening = openDestination(settingsOf(settings), CONTEXT);
    await expect(opening).rejects.toMatchObject({
      kind: 'destination',
      code: 'destination.misconfigured',
      message: expect.stringContaining(part) as unknown,
      details: { problems: expect.any(Array) as unknown },
    });
  });
});
