/**
 * Reads a posted form through a zod schema. Problems are values, not exceptions: a page shows the
 * form again with what was typed and each problem beside its field.
 */
import type { z } from 'zod';
import { AppError, type ErrorKind, type Problem } from '../daemon/platform/errors.js';

export type FormResult<T> =
  { ok: true; value: T } | { ok: false; typed: Record<string, unknown>; problems: Problem[] };

/** `body` as Express parsed it; `_csrf` and other fields that start with `_` are the panel's own. */
export function readForm<S extends z.ZodType>(schema: S, body: unknown): FormResult<z.infer<S>> {
  const typed = typedFields(body);
  const parsed = schema.safeParse(typed);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.'),
    message: issue.message,
  }));
  return { ok: false, typed, problems };
}

export function typedFields(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null) return {};
  return Object.fromEntries(Object.entries(body).filter(([name]) => !name.startsWith('_')));
}

/** The problem of one field, for beside it. */
export function problemOf(problems: readonly Problem[], field: string): string | undefined {
  return problems.find((problem) => problem.field === field)?.message;
}

/**
 * The problems a service threw, when typing something else can mend them. Throws an error of another
 * kind again: the failure page tells it.
 */
export function mendableProblems(
  error: unknown,
  mendable: readonly ErrorKind[] = ['input', 'conflict'],
): [Problem, ...Problem[]] {
  if (!(error instanceof AppError) || !mendable.includes(error.kind)) throw error;
  const { problems } = error.details;
  if (Array.isArray(problems) && problems.length > 0) return problems as [Problem, ...Problem[]];
  return [{ field: '', message: error.message }];
}

/**
 * A repeated field as a list, whether it came never, once or often: very often, the body parser
 * makes an object of it.
 */
export function listOf(value: unknown): string[] {
  const isMany = typeof value === 'object' && value !== null;
  const values: unknown[] = isMany ? Object.values(value) : [value];
  return values.filter((item): item is string => typeof item === 'string' && item !== '');
}

/** One text field; '' when it is missing or came more than once. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

/** A whole number from 0, or undefined. */
export function countFrom(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/** Which page of a list was asked for, counted from 1. */
export function pageIn(request: { query: unknown }): number {
  const { page } = request.query as Record<string, unknown>;
  return countFrom(page) ?? 1;
}
