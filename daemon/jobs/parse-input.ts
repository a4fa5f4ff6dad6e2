/** Input from outside, checked against its schema. Services do it themselves, so that no door can
 * forget to; a door may check first to show problems beside fields. */
import type { z } from 'zod';
import { inputError, type Problem } from '../platform/errors.js';

/** The parsed value, or an `input` error that names every problem. `what` is for the sentence. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: string,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const problems = problemsOf(result.error);
  const sentences = problems.map(({ field, message }) =>
    field ? `${field}: ${message}` : message,
  );
  throw inputError(
    `${what}.invalid`,
    `The ${what} cannot be used: ${sentences.join('; ')}`,
    problems,
  );
}

function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.map(({ path, message }) => ({
    field: path.map(String).join('.'),
    message,
  }));
}
