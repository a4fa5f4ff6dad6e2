import { expect, it } from 'vitest';
import { z } from 'zod';
import { speaking } from '../platform/messages.js';
import { teachSchemas } from './schema-language.js';

const schema = z.strictObject({ minutes: z.int().min(1) });

function said(input: unknown): string[] {
  return (schema.safeParse(input).error?.issues ?? []).map(({ message }) => message);
}

it('lets schemas say in the language of whoever asks what they say by themselves', () => {
  const english = [said({ minutes: 0 }), said({ minutes: 1, hours: 2 })];
  teachSchemas();
  expect([said({ minutes: 0 }), said({ minutes: 1, hours: 2 })]).toEqual(english);
  speaking('de', () => {
    expect(said({ minutes: 0 })).toEqual(['Zu klein: erwartet, dass number >=1 ist']);
    expect(said({ minutes: 1, hours: 2 })).toEqual(['Unbekannter Schlüssel: "hours"']);
  });
});
