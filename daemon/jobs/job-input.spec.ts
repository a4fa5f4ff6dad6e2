import { describe, expect, it } from 'vitest';
import { AppError } from '../platform/errors.js';
import { destinationInput } from './destination-input.js';
import { jobInput } from './job-input.js';
import { parseInput } from '../platform/parse-input.js';

const good = { name: 'nightly', accounts: 'all', destinations: ['disk'], structure: 'archived' };

describe('jobInput', () => {
  it('fills in what was not given', () => {
    const usual = { excludes: [], useDefaultExcludes: true, skipWordpressCore: false };
    expect(jobInput.parse(good)).toEqual({ ...good, ...usual });
  });

  it.each<[object, string]>([
    [{ name: 'Nightly' }, 'name'],
    [{ name: '-x' }, 'name'],
    [{ name: 'a/b' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ accounts: [] }, 'accounts'],
    [{ accounts: 'some' }, 'accounts'],
    [{ destinations: [] }, 'destinations'],
    [{ structure: 'sparse' }, 'structure'],
    [{ excludes: ['ok', '#no'] }, 'excludes.1'],
    [{ retries: 11 }, 'retries'],
    [{ retires: 1 }, ''],
  ])('%j is a problem of %j', (change, field) => {
    const result = jobInput.safeParse({ ...good, ...change });
    expect(result.error?.issues[0]?.path.join('.')).toBe(field);
  });
});

describe('destinationInput', () => {
  it.each<[object, string]>([
    [{ kind: 'tape' }, 'kind'],
    [{ path: 'backup' }, 'path'],
    [{ diskLimitPercent: 0 }, 'diskLimitPercent'],
    [{ bucket: 'x' }, ''],
  ])('%j is a problem of %j', (change, field) => {
    const input = { name: 'disk', kind: 'local', path: '/backup', ...change };
    expect(destinationInput.safeParse(input).error?.issues[0]?.path.join('.')).toBe(field);
  });
});

describe('parseInput', () => {
  it('tells every problem at once, with its field', () => {
    const parse = () => parseInput(jobInput, { ...good, name: '', structure: 'x' }, 'job');
    expect(parse).toThrow(AppError);
    try {
      parse();
    } catch (error) {
      const { kind, code, message, details } = error as AppError;
      expect({ kind, code }).toEqual({ kind: 'input', code: 'job.invalid' });
      expect(details['problems']).toMatchObject([{ field: 'name' }, { field: 'structure' }]);
      expect(message).toContain(
        'structure: The structure is "archived", "compressed" or "incremental".',
      );
    }
  });
});
