import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AppError, inputError } from '../daemon/platform/errors.js';
import { countFrom, listOf, problemOf, mendableProblems, readForm, textOf } from './form.js';

const schema = z.strictObject({ name: z.string().min(1, 'Type your name.') });

describe('readForm', () => {
  it('gives the value of a good form, without the panel’s own fields', () => {
    expect(readForm(schema, { name: 'root', _csrf: 'x' })).toEqual({
      ok: true,
      value: { name: 'root' },
    });
  });

  it('gives back what was typed, with the problem of each field', () => {
    const form = readForm(schema, { name: '' });
    expect(form).toMatchObject({ ok: false, typed: { name: '' } });
    expect(form.ok || problemOf(form.problems, 'name')).toBe('Type your name.');
  });

  it.each([undefined, null, 'text', 12])('takes %j for an empty form', (body) => {
    expect(readForm(schema, body).ok).toBe(false);
  });
});

describe('fields', () => {
  it('reads lists that came never, once, often, very often', () => {
    expect(listOf(undefined)).toEqual([]);
    expect(listOf('a')).toEqual(['a']);
    expect(listOf(['a', 'b', ''])).toEqual(['a', 'b']);
    expect(listOf({ 0: 'a', 1: 'b' })).toEqual(['a', 'b']);
    expect(listOf([['a'], 1])).toEqual([]);
  });

  it('reads texts and counts, and nothing else', () => {
    expect(textOf([' a '])).toBe('');
    expect(textOf(' a ')).toBe('a');
    expect(countFrom('12')).toBe(12);
    expect(['-1', '1.5', '1e9', '', '9'.repeat(16), ['1']].map(countFrom)).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
  });
});

describe('mendableProblems', () => {
  it('has the problems of an input error, and the sentence of a conflict', () => {
    const problem = { field: 'to', message: 'must be absolute' };
    expect(mendableProblems(inputError('x', 'wrong', [problem]))).toEqual([problem]);
    const conflict = new AppError('conflict', 'account.gone', 'It is gone.');
    expect(mendableProblems(conflict)).toEqual([{ field: '', message: 'It is gone.' }]);
  });

  it('leaves the rest to the failure page', () => {
    for (const error of [new AppError('not-found', 'x', 'no'), new Error('bug')]) {
      expect(() => mendableProblems(error)).toThrow(error);
    }
  });
});
