/**
 * Takes the scripts of `pg_dump` apart into statements, as `psql` does but for its own commands, which
 * are nothing but an error here. Where a hostile name should mislead it, a statement is refused by the
 * server or does what its role may do anyway.
 */
import { AppError } from '../../platform/errors.js';
import { DUMP_END } from './postgresql-script.js';

/** Bytes are characters here: all of them that matter are ASCII. */
const TOKEN =
  /--[^\n]*\n?|\/\*|(\$(?:[A-Za-z_\x80-\xff][\w\x80-\xff]*)?\$)|([eE]?)(['"])|([A-Za-z_\x80-\xff][\w$\x80-\xff]*)|[^]/y;
const BLANK = /(?:\s|--[^\n]*\n)*/y;
const MAX_STATEMENT_BYTES = 256 * 1024 * 1024;
const TAIL_BYTES = 1024;

/** Each without comments before it, its semicolon at the end. Throws when the script is not whole. */
export async function* statementsOf(script: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let text = '';
  let tail = '';
  for await (const chunk of script) {
    const bytes = Buffer.from(chunk).toString('latin1');
    tail = `${tail}${bytes}`.slice(-TAIL_BYTES);
    text += bytes;
    if (text.length > MAX_STATEMENT_BYTES) throw notWhole('a statement has no end');
    let from = 0;
    for (
      let end = endOfStatement(text, from);
      end !== undefined;
      end = endOfStatement(text, from)
    ) {
      yield decoded(text.slice(afterBlank(text, from), end));
      from = end;
    }
    text = text.slice(from);
  }
  if (afterBlank(text, 0) !== text.length) throw notWhole('it ends within a statement');
  if (!tail.includes(`\n${DUMP_END}\n`)) throw notWhole('it ends early');
}

function decoded(bytes: string): string {
  try {
    return new TextDecoder('utf8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch (error) {
    throw notWhole('it is not in UTF-8', error);
  }
}

function notWhole(why: string, cause?: unknown): AppError {
  return new AppError('integrity', 'database.broken', `A script of the database cannot be used: ${why}.`, { cause }); // prettier-ignore
}

function afterBlank(text: string, from: number): number {
  BLANK.lastIndex = from;
  BLANK.exec(text);
  return BLANK.lastIndex;
}

/** Undefined: the statement goes on beyond the text. */
function endOfStatement(text: string, from: number): number | undefined {
  const begin = afterBlank(text, from);
  const isRoutine = /^CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE) /i.test(text.slice(begin, begin + 40)); // prettier-ignore
  let depth = 0;
  let blocks = 0;
  for (let at = begin; at >= 0 && at < text.length;) {
    const { token, word, end } = tokenAt(text, at);
    at = end;
    if (word !== undefined && isRoutine) blocks = blocksAfter(word.toLowerCase(), blocks);
    else if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    else if (token === ';' && depth <= 0 && blocks <= 0) return at;
  }
  return undefined;
}

/** What is quoted or said aside is one. `end` is -1 when it goes on beyond the text. */
function tokenAt(
  text: string,
  at: number,
): { token: string; word: string | undefined; end: number } {
  TOKEN.lastIndex = at;
  const [token = '', dollar, escape, quote, word] = TOKEN.exec(text) ?? [];
  let end = TOKEN.lastIndex;
  if (dollar !== undefined) end = after(text, dollar, end);
  else if (quote !== undefined) end = afterQuoted(text, end, quote, escape !== '' && quote === "'");
  else if (token === '/*') end = afterComment(text, end);
  return { token, word, end };
}

/** Bodies of routines between BEGIN ATOMIC and END have statements of their own. */
function blocksAfter(word: string, blocks: number): number {
  if (word === 'begin' || (word === 'case' && blocks > 0)) return blocks + 1;
  return word === 'end' && blocks > 0 ? blocks - 1 : blocks;
}

function after(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from);
  return found < 0 ? -1 : found + mark.length;
}

function afterQuoted(text: string, from: number, quote: string, hasEscapes: boolean): number {
  for (let at = from; at < text.length; at += 1) {
    if (hasEscapes && text[at] === '\\') at += 1;
    else if (text[at] === quote) {
      if (text[at + 1] !== quote) return at + 1;
      at += 1;
    }
  }
  return -1;
}

function afterComment(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text.startsWith('*/', at)) {
      depth -= 1;
      at += 1;
      if (depth === 0) return at + 1;
    } else if (text.startsWith('/*', at)) {
      depth += 1;
      at += 1;
    }
  }
  return -1;
}
