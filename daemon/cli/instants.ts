/** Days and instants as options give them. */
import { AppError } from '../platform/errors.js';

/** A day is one of UTC; `days` later is meant. Undefined: the option was not given. */
export function instantOf(
  option: string,
  text: string | undefined,
  days: number,
): string | undefined {
  if (text === undefined) return undefined;
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) {
    const message = `The option ${option} needs a day as in 2026-11-21, or an instant as in 2026-11-21T08:00:00Z.`;
    throw new AppError('input', 'cli.usage', message);
  }
  if (/^\d{4}-\d\d-\d\d$/.test(text)) at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString();
}
