/** Plain helpers over configuration trees: keys of the schema, merging, problems, guesses. */
import { z } from 'zod';
import type { Problem } from './errors.js';

export interface ConfigTree {
  [key: string]: unknown;
}

export interface ConfigLeaf {
  /** `panel.tls.certFile` as its parts. */
  path: string[];
  /** Whether text stays text (a name, a path) or is read as a number or a boolean. */
  isText: boolean;
  /** What it is for; '' when the schema does not say. */
  description: string;
  /** No longer a setting: the schema only says what took its place. */
  isGone: boolean;
}

export function isTree(value: unknown): value is ConfigTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A key without a value (`panel:`) means its default, as if it were not there. */
export function withoutNulls(value: unknown): unknown {
  if (!isTree(value)) return value;
  const kept = Object.entries(value).filter(([, inner]) => inner !== null);
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutNulls(inner)]));
}

/** Both trees; where both have a value, `over` wins. */
export function mergeTrees(under: ConfigTree, over: ConfigTree): ConfigTree {
  const merged: ConfigTree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? mergeTrees(below, value) : value;
  }
  return merged;
}

/** Every key of a schema that holds a value rather than more keys. */
export function leavesOf(schema: z.ZodType, path: string[] = []): ConfigLeaf[] {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    const shape = inner.shape as Record<string, z.ZodType>;
    return Object.entries(shape).flatMap(([key, value]) => leavesOf(value, [...path, key]));
  }
  const isText =
    inner instanceof z.ZodString || inner instanceof z.ZodURL || inner instanceof z.ZodEnum;
  const description = schema.description ?? '';
  return [{ path, isText, description, isGone: inner instanceof z.ZodUndefined }];
}

/** What a tree holds at a key; undefined: nothing. */
export function valueAt(tree: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((inner, key) => (isTree(inner) ? inner[key] : undefined), tree);
}

/** What zod found, in words, with the name of the variable where a value came from one. */
export function problemsOf(
  error: z.ZodError,
  schema: z.ZodType,
  variables: ReadonlyMap<string, string>,
): Problem[] {
  return error.issues.flatMap((issue) => {
    const path = issue.path.map(String);
    if (issue.code !== 'unrecognized_keys') {
      const field = path.join('.');
      return [{ field: variables.get(field) ?? field, message: issue.message }];
    }
    return issue.keys.map((key) => {
      const guess = closest(key, keysAt(schema, path));
      const message = `is not a known key${guess === undefined ? '' : `; did you mean "${guess}"?`}`;
      return { field: [...path, key].join('.'), message };
    });
  });
}

/** The candidate that differs in at most a third of its letters, if any. */
export function closest(word: string, candidates: string[]): string | undefined {
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance);
  const best = ranked[0];
  if (best === undefined || best.distance > Math.max(2, best.candidate.length / 3)) {
    return undefined;
  }
  return best.candidate;
}

function keysAt(schema: z.ZodType, path: string[]): string[] {
  let inner = unwrap(schema);
  for (const key of path) {
    if (!(inner instanceof z.ZodObject)) return [];
    const next = (inner.shape as Record<string, z.ZodType>)[key];
    if (next === undefined) return [];
    inner = unwrap(next);
  }
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrap(schema: z.ZodType): z.ZodType {
  let inner = schema;
  while (
    inner instanceof z.ZodDefault ||
    inner instanceof z.ZodPrefault ||
    inner instanceof z.ZodOptional
  ) {
    inner = inner.unwrap() as z.ZodType;
  }
  return inner;
}

/** Levenshtein's distance, upper and lower case alike. */
function editDistance(left: string, right: string): number {
  const a = left.toLowerCase();
  const b = right.toLowerCase();
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= b.length; column += 1) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const insert = (current[column - 1] ?? 0) + 1;
      const remove = (previous[column] ?? 0) + 1;
      current.push(Math.min(replace, insert, remove));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}
