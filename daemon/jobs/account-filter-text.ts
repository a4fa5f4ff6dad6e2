/**
 * Filters of accounts as people write them. Pure, and without the engine that matches, as
 * the command line starts with it.
 *
 * A line is one group; its conditions have `|` between them, and of them one must hold:
 *
 *     line      = condition { "|" condition }
 *     condition = [ "not " ] ( KEY "=" VALUE | "name~" VALUE | "suspended" | AMOUNT (">" | "<") VALUE )
 *     KEY       = "name", "owner", "package", "tag" or "letter" (a, or a-f)
 *     AMOUNT    = "size" (of content, such as 500M or 2GiB) or "files"
 *     VALUE     = plain text without "|", or in double quotes, where \" and \\ stand for " and \
 */
import { inputError } from '../platform/errors.js';
import { msg, t } from '../platform/messages.js';
import type { AccountFilter, FilterCondition } from './account-filter.js';

const UNITS = ['', 'K', 'M', 'G', 'T'];

/** The filter that these lines are; blank ones are left out. What cannot be read is an `input` error. */
export function parseFilter(lines: readonly string[]): AccountFilter {
  const groups = lines.filter((line) => line.trim() !== '').map(parseGroup);
  if (groups.length === 0) throw unreadable(t('A filter needs a condition, such as owner=bob.'));
  return { groups };
}

/** One line for each group, as `parseFilter` reads them. */
export function formatFilter({ groups }: AccountFilter): string[] {
  return groups.map((conditions) => conditions.map(formatCondition).join(' | '));
}

function parseGroup(line: string): FilterCondition[] {
  return splitAtBars(line).map((part) => parseCondition(part.trim()));
}

/** Quoted text, a bar, or what lies between. */
const TOKEN = /"(?:[^"\\]|\\.)*"|\||[^"|]+|"/gsu;

/** A bar in quotes is part of a value. */
function splitAtBars(line: string): string[] {
  const parts: string[] = [];
  let part = '';
  for (const [token] of line.matchAll(TOKEN)) {
    if (token === '"') {
      throw unreadable(t('In {part} a quotation mark is not closed.', { part: line.trim() }));
    }
    if (token !== '|') {
      part += token;
      continue;
    }
    parts.push(part);
    part = '';
  }
  return [...parts, part];
}

const CONDITION = /^(not\s+)?([a-z]+)\s*(?:([=~<>])\s*(.*))?$/su;

/** What a condition begins with, and what is read of its value. */
const READERS: Record<string, (value: string, part: string) => Readable> = {
  suspended: () => ({ by: 'suspended' }),
  'name=': (value) => ({ by: 'name', value }),
  'owner=': (value) => ({ by: 'owner', value }),
  'package=': (value) => ({ by: 'package', value }),
  'tag=': (value) => ({ by: 'tag', value }),
  'name~': (value) => ({ by: 'pattern', value }),
  'letter=': (value, part) => ({ by: 'letter', ...lettersOf(part, value) }),
  'size>': (value, part) => ({ by: 'size', than: 'more', value: bytesOf(part, value) }),
  'size<': (value, part) => ({ by: 'size', than: 'less', value: bytesOf(part, value) }),
  'files>': (value, part) => ({ by: 'files', than: 'more', value: countOf(part, value) }),
  'files<': (value, part) => ({ by: 'files', than: 'less', value: countOf(part, value) }),
};

/** A condition but for `isNot`. */
type Readable = FilterCondition extends infer One
  ? One extends FilterCondition
    ? Omit<One, 'isNot'>
    : never
  : never;

function parseCondition(part: string): FilterCondition {
  if (part === '') throw unreadable(t('A condition is missing beside a "|".'));
  const [, not, key = '', sign = '', given = ''] = CONDITION.exec(part) ?? [];
  const start = key + sign;
  const read = Object.hasOwn(READERS, start) ? READERS[start] : undefined;
  if (read === undefined) {
    throw unreadable(t('{part} is not a condition. {known}', { part, known: t(KNOWN) }));
  }
  const value = valueOf(part, given);
  if (sign !== '' && value === '') throw unreadable(t('In {part} the value is missing.', { part }));
  return { ...read(value, part), isNot: not !== undefined };
}

const KNOWN = msg(
  'There are name=, name~, owner=, package=, tag=, letter=, suspended, size>, size<, files> and files<, each with "not " before it if wanted; a value that holds "|" goes in double quotes.',
);

function valueOf(part: string, given: string): string {
  if (!given.includes('"')) return given;
  const quoted = /^"((?:[^"\\]|\\.)*)"$/su.exec(given)?.[1];
  if (quoted === undefined) {
    throw unreadable(t('In {part} the quotation marks must go around the whole value.', { part }));
  }
  return quoted.replace(/\\(["\\])/g, '$1');
}

function lettersOf(part: string, value: string): { from: string; to: string } {
  const [first, dash, last, ...more] = value.toLowerCase();
  if (first !== undefined && dash === undefined) return { from: first, to: first };
  if (first === undefined || dash !== '-' || last === undefined || more.length > 0) {
    throw unreadable(t('In {part} give one letter or a range, such as a or a-f.', { part }));
  }
  return { from: first, to: last };
}

function bytesOf(part: string, value: string): number {
  const match = /^(\d{1,15}(?:\.\d{1,3})?)\s*(?:([KMGT])(?:i?B)?|B)?$/i.exec(value);
  const [, figure = '', unit = ''] = match ?? [];
  const bytes = Math.round(Number(figure) * 1024 ** UNITS.indexOf(unit.toUpperCase()));
  if (match !== null && Number.isSafeInteger(bytes)) return bytes;
  throw unreadable(t('In {part} give a size such as 500M or 2GiB.', { part }));
}

function countOf(part: string, value: string): number {
  if (/^\d{1,15}$/.test(value)) return Number(value);
  throw unreadable(t('In {part} give a whole number.', { part }));
}

function formatCondition(condition: FilterCondition): string {
  return (condition.isNot ? 'not ' : '') + formatTest(condition);
}

function formatTest(condition: FilterCondition): string {
  switch (condition.by) {
    case 'suspended':
      return 'suspended';
    case 'pattern':
      return `name~${formatValue(condition.value)}`;
    case 'letter':
      return `letter=${lettersText(condition)}`;
    case 'size':
      return `size${signOf(condition)}${bytesText(condition.value)}`;
    case 'files':
      return `files${signOf(condition)}${condition.value}`;
    default:
      return `${condition.by}=${formatValue(condition.value)}`;
  }
}

function formatValue(value: string): string {
  const isPlain = value === value.trim() && !/["|]/.test(value);
  return isPlain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function signOf({ than }: { than: 'more' | 'less' }): string {
  return than === 'more' ? '>' : '<';
}

function lettersText({ from, to }: { from: string; to: string }): string {
  return from === to ? from : `${from}-${to}`;
}

/** In the largest unit that it is a whole number of. */
export function bytesText(bytes: number): string {
  let figure = bytes;
  let unit = 0;
  while (figure > 0 && figure % 1024 === 0 && unit < UNITS.length - 1) {
    figure /= 1024;
    unit += 1;
  }
  return `${figure}${UNITS[unit] ?? ''}`;
}

function unreadable(message: string) {
  return inputError('filter.unreadable', message, [{ field: 'filter', message }]);
}
