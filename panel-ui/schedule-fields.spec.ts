import { describe, expect, it } from 'vitest';
import { scheduleInput } from '../daemon/jobs/schedule-input.js';
import { problemsOf } from '../daemon/platform/parse-input.js';
import {
  RETENTION_FIELDS,
  scheduleForms,
  scheduleProblems,
  toScheduleInput,
} from './schedule-fields.js';
import { keepsText, localMoment } from './schedule-view.js';

const forms = scheduleForms(['other']);

describe('forms of schedules', () => {
  it.each(forms)('$kind: what a fresh form holds is a schedule', (form) => {
    const typed = form.kind === 'after' ? { ...form.usual, job: 'other' } : form.usual;
    const sent = Object.fromEntries(
      Object.entries(typed).map(([name, value]) => [name, Array.isArray(value) ? value : String(value)]), // prettier-ignore
    );
    const parsed = scheduleInput.safeParse(toScheduleInput(form, sent));
    expect(parsed.error?.issues).toBeUndefined();
  });

  it('are of every kind, and follow only what is there', () => {
    expect(forms).toHaveLength(6);
    expect(scheduleForms([]).map(({ kind }) => kind)).not.toContain('after');
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['daily', { time: '3', weekdays: 'mon' }, 'time'],
    ['daily', { weekdays: 'mon' }, 'time'],
    ['daily', { time: '03:00', weekdays: '' }, 'weekdays'],
    ['daily', { time: '03:00', weekdays: ['mon'], keepLast: '0' }, 'keepLast'],
    ['daily', { time: '03:00', weekdays: ['mon'], keepWithinDays: 'x' }, 'keepWithinDays'],
    ['monthly', { days: '1, x', time: '03:00' }, 'days'],
    ['monthly', { days: '40', time: '03:00' }, 'days'],
    ['hourly', { everyHours: '5', minute: '0' }, 'everyHours'],
  ])('%s %j has its problem beside %s', (kind, typed, field) => {
    const form = forms.find((one) => one.kind === kind);
    if (form === undefined) throw new Error(kind);
    const { error } = scheduleInput.safeParse(toScheduleInput(form, typed));
    const fields = [...form.fields, ...RETENTION_FIELDS];
    const problems = scheduleProblems(problemsOf(error?.issues ?? []), fields, typed);
    expect(problems.map((problem) => problem.field)).toEqual([field]);
  });
});

it.each([
  [{}, 'for ever'],
  [{ keepLast: 7 }, 'the last 7'],
  [{ keepLast: 7, keepWithinDays: 1 }, 'the last 7 and 1 day'],
])('keepsText %j', (retention, text) => {
  expect(keepsText(retention)).toBe(text);
});

it('localMoment is of the zone', () => {
  const at = new Date('2026-03-29T01:30:00Z');
  expect(localMoment(at, 'Europe/Berlin')).toBe('Sun 2026-03-29 03:30');
  expect(localMoment(at, 'America/New_York')).toBe('Sat 2026-03-28 21:30');
});
