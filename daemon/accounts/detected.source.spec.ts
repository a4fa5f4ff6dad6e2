import { expect, it } from 'vitest';
import { AppError } from '../platform/errors.js';
import type { AccountSource } from './account-source.js';
import { DetectedSource } from './detected.source.js';

const named = (name: string): AccountSource => ({ name, discover: () => Promise.resolve([]) });

it('looks again until it has found one, and stays with that', async () => {
  const answers = [new AppError('source', 'x', 'Several.'), named('cpanel'), named('linux')];
  const source = new DetectedSource(() => {
    const answer = answers.shift();
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('asked again');
    return answer;
  });
  await expect(source.discover()).rejects.toThrow('Several.');
  expect(source.name).toBe('auto');
  await source.discover();
  await source.discover();
  expect(source.name).toBe('cpanel');
  expect(answers).toHaveLength(1);
});
