/** Input from outside, checked against its schema. Services do it themselves, so that no door can
 * forget to; a door may check first to show problems beside fields. */
import type { z } from 'zod';
import { inputError, type AppError, type Problem } from './errors.js';

/** What validation found; zod's own issues and those of a standard schema have this form. */
type Issues = readonly {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined;
}[];

/** The parsed value, or an `input` error that names every problem. `what` is for the sentence. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw unusable(what, problemsOf(result.error.issues));
}

/** The `input` error of what cannot be used, `<what>.invalid`, with every problem in its sentence. */
export function unusable(what: string, problems: Problem[]): AppError {
  const sentences = problems.map(({ field, message }) =>
    field ? `${field}: ${message}` : message,
  );
  const message = `The ${what} cannot be used: ${sentences.join('; ')}`;
  return inputError(`${what}.invalid`, message, problems);
}

/** Each problem with its dotted path, '' for the whole. */
export function problemsOf(issues: Issues): Problem[] {
  return issues.map(({ message, path }) => ({
    field: (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
    message,
  }));
}
