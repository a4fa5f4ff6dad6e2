import { describe, expect, it } from 'vitest';
import { describeDestination, openDestination } from './registry.js';

const CONTEXT = { forbiddenBelow: [], requireRootOwner: true };

function settingsOf(settings: unknown): { kind: string; settings: unknown } {
  return { kind: 'local', settings };
}

describe('the kinds of destinations', () => {
  it('open by name, touching nothing', async () => {
    const destination = openDestination(settingsOf({ path: '/no/such/place' }), CONTEXT);
    expect(destination.kind).toBe('local');
    await destination.close();
  });

  it('describe themselves in one line', () => {
    expect(describeDestination(settingsOf({ path: '/backup//daily/' }))).toBe('/backup/daily');
  });

  it('refuse an unknown kind and name the known ones', () => {
    expect(() => openDestination({ kind: 'tape', settings: {} }, CONTEXT)).toThrow(/one of: local/);
  });

  it.each([
    [{}, 'path'],
    [{ path: 'relative' }, 'absolute'],
    [{ path: '/' }, 'of its own'],
    [{ path: '/..' }, 'of its own'],
    [{ path: '/a\0b' }, 'NUL'],
    [{ path: '/a', diskLimitPercent: 101 }, 'diskLimitPercent'],
    [{ path: '/a', disklimitpercent: 90 }, 'disklimitpercent'],
  ])('refuse settings %j and say why', (settings, part) => {
    let error: unknown;
    try {
      openDestination(settingsOf(settings), CONTEXT);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({
      kind: 'destination',
      code: 'destination.misconfigured',
      message: expect.stringContaining(part) as unknown,
      details: { problems: expect.any(Array) as unknown },
    });
  });
});
