/**
 * What people type to find a file: a part of its name, or a pattern with `*` and `?` for the whole
 * name. Everything else stands for itself, small and large letters alike. With a slash it is looked
 * for in the whole path. Pure; takes time in proportion to the text, whatever the pattern.
 */
import { foldText } from './entry-state.js';

export interface NamePattern {
  /** Of the folded name or, of `isPath`, the folded path. */
  matches: (folded: string) => boolean;
  /** A text that everything that matches holds. */
  literal: string;
  isPath: boolean;
}

export function namePattern(text: string): NamePattern {
  const isPath = text.includes('/');
  const folded = foldText(isPath ? text.replace(/^\/+/, '') : text);
  if (!/[*?]/.test(folded)) {
    return { matches: (name) => name.includes(folded), literal: folded, isPath };
  }
  const segments = folded.split(/\*+/);
  const literal = folded.split(/[*?]+/).reduce((a, b) => (b.length > a.length ? b : a), '');
  const matches = isPath
    ? (path: string) => matchesGlob(`/${path}`, ['', `/${segments[0] ?? ''}`, ...segments.slice(1)])
    : (name: string) => matchesGlob(name, segments);
  return { matches, literal, isPath };
}

/** `segments` are what stands between the stars; each is taken where it first fits. */
function matchesGlob(name: string, segments: readonly string[]): boolean {
  const [start = '', ...rest] = segments;
  const end = rest.pop();
  if (end === undefined) return name.length === start.length && fitsAt(name, start, 0);
  if (name.length < start.length + end.length || !fitsAt(name, start, 0)) return false;
  const limit = name.length - end.length;
  let at = start.length;
  for (const segment of rest) {
    while (at + segment.length <= limit && !fitsAt(name, segment, at)) at += 1;
    at += segment.length;
    if (at > limit) return false;
  }
  return fitsAt(name, end, limit);
}

function fitsAt(name: string, segment: string, at: number): boolean {
  if (at + segment.length > name.length) return false;
  for (let i = 0; i < segment.length; i += 1) {
    if (segment[i] !== '?' && segment[i] !== name[at + i]) return false;
  }
  return true;
}
