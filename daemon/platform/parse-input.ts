/** Input from outside, checked against its schema. Services do it themselves, so that no door can
 * forget to; a door may check first to show problems beside fields. */
import type { z } from 'zod';
import { inputError, type AppError, type Problem } from './errors.js';
import { msg, t } from './messages.js';

/** What validation found; zod's own issues and those of a standard schema have this form. */
type Issues = readonly {
  message: string;
  path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined;
}[];

const UNUSABLE = {
  'api-token': msg('The api-token cannot be used: {problems}'),
  channel: msg('The channel cannot be used: {problems}'),
  'choice of accounts': msg('The choice of accounts cannot be used: {problems}'),
  condition: msg('The condition cannot be used: {problems}'),
  destination: msg('The destination cannot be used: {problems}'),
  download: msg('The download cannot be used: {problems}'),
  excludes: msg('The excludes cannot be used: {problems}'),
  folder: msg('The folder cannot be used: {problems}'),
  hook: msg('The hook cannot be used: {problems}'),
  job: msg('The job cannot be used: {problems}'),
  notes: msg('The notes cannot be used: {problems}'),
  notifications: msg('The notifications cannot be used: {problems}'),
  path: msg('The path cannot be used: {problems}'),
  permissions: msg('The permissions cannot be used: {problems}'),
  removal: msg('The removal cannot be used: {problems}'),
  request: msg('The request cannot be used: {problems}'),
  restore: msg('The restore cannot be used: {problems}'),
  schedule: msg('The schedule cannot be used: {problems}'),
  tags: msg('The tags cannot be used: {problems}'),
  trust: msg('The trust cannot be used: {problems}'),
  undo: msg('The undo cannot be used: {problems}'),
  user: msg('The user cannot be used: {problems}'),
};

export type InputName = keyof typeof UNUSABLE;

/** The parsed value, or an `input` error that names every problem. `what` is for the sentence. */
export function parseInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
  what: InputName,
): z.output<Schema> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  throw unusable(what, problemsOf(result.error.issues));
}

/** The `input` error of what cannot be used, `<what>.invalid`, with every problem in its sentence. */
export function unusable(what: InputName, problems: Problem[]): AppError {
  const sentences = problems.map(({ field, message }) =>
    field ? `${field}: ${message}` : message,
  );
  const message = t(UNUSABLE[what], { problems: sentences.join('; ') });
  return inputError(`${what}.invalid`, message, problems);
}

/** Each problem with its dotted path, '' for the whole. */
export function problemsOf(issues: Issues): Problem[] {
  return issues.map(({ message, path }) => ({
    field: (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.'),
    message,
  }));
}
