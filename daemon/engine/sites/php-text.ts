/**
 * PHP as data: constants and variables that are given plain texts. Nothing is run, and what is not a
 * literal is not known. Takes one pass over any input, however broken.
 */

/** A word, a sign, or a text in quotes; `value` of a text that is no literal is undefined. */
interface Token {
  kind: 'word' | 'sign' | 'text';
  value: string | undefined;
}

/** What a script gives as plain texts. Of constants the first one counts, as in PHP, of variables the last. */
export interface PhpTexts {
  constants: ReadonlyMap<string, string>;
  variables: ReadonlyMap<string, string>;
}

export function readPhpTexts(script: string): PhpTexts {
  const tokens = [...tokensOf(script)];
  const constants = new Map<string, string>();
  const variables = new Map<string, string>();
  for (const [index, { kind, value }] of tokens.entries()) {
    if (kind !== 'word' || value === undefined) continue;
    const following = tokens.slice(index + 1, index + 6);
    if (value.startsWith('$')) {
      const text = assigned(following);
      if (text !== undefined) variables.set(value.slice(1), text);
    } else if (value.toLowerCase() === 'define') {
      const [name, text] = defined(following);
      if (name === undefined || text === undefined || constants.has(name)) continue;
      constants.set(name, text);
    }
  }
  return { constants, variables };
}

/** `= 'text';` */
function assigned([equals, text, end]: readonly Token[]): string | undefined {
  return isSign(equals, '=') && isSign(end, ';') ? textOf(text) : undefined;
}

/** `('NAME', 'text')` or `('NAME', 'text', …` */
function defined([open, name, comma, text, end]: readonly Token[]): (string | undefined)[] {
  const isCall = isSign(open, '(') && isSign(comma, ',') && (isSign(end, ')') || isSign(end, ','));
  return isCall ? [textOf(name), textOf(text)] : [];
}

function textOf(token: Token | undefined): string | undefined {
  return token?.kind === 'text' ? token.value : undefined;
}

function isSign(token: Token | undefined, sign: string): boolean {
  return token?.kind === 'sign' && token.value === sign;
}

const WORD = /[$\\A-Za-z0-9_\x80-\uffff]+/y;

function* tokensOf(script: string): Generator<Token> {
  const start = script.indexOf('<?php');
  let at = start === -1 ? script.length : start + 5;
  while (at < script.length) {
    const next = script[at] as string;
    const comment = endOfComment(script, at);
    if (comment !== undefined) {
      at = comment;
    } else if (next === "'" || next === '"') {
      const end = endOfText(script, at);
      if (end === undefined) return;
      yield { kind: 'text', value: literal(script.slice(at + 1, end), next) };
      at = end + 1;
    } else {
      WORD.lastIndex = at;
      const word = WORD.exec(script)?.[0];
      if (word !== undefined) yield { kind: 'word', value: word };
      else if (!/\s/.test(next)) yield { kind: 'sign', value: next };
      at += word?.length ?? 1;
    }
  }
}

/** Where what begins here as a comment ends; undefined: it is none. */
function endOfComment(script: string, at: number): number | undefined {
  const isBlock = script.startsWith('/*', at);
  if (!isBlock && script[at] !== '#' && !script.startsWith('//', at)) return undefined;
  const end = script.indexOf(isBlock ? '*/' : '\n', at + 2);
  return end === -1 ? script.length : end + (isBlock ? 2 : 1);
}

/** Undefined: the quotes are never closed. */
function endOfText(script: string, from: number): number | undefined {
  const quote = script[from];
  for (let at = from + 1; at < script.length; at += 1) {
    if (script[at] === '\\') at += 1;
    else if (script[at] === quote) return at;
  }
  return undefined;
}

/** Undefined where PHP would put something in. */
function literal(inside: string, quote: string): string | undefined {
  if (quote === "'") return inside.replace(/\\(['\\])/g, '$1');
  if (/(?<!\\)(?:\\\\)*(?:\$|\\[^\\"$])/.test(inside)) return undefined;
  return inside.replace(/\\(["\\$])/g, '$1');
}

/** Keys and values of a serialized list of texts and numbers (`serialize()`); undefined: it is none. */
export function readSerializedList(bytes: Buffer): [string, string][] | undefined {
  const head = /^a:(\d{1,5}):\{/.exec(bytes.toString('latin1', 0, 16));
  if (head === null) return undefined;
  const values: string[] = [];
  let at = head[0].length;
  while (bytes[at] !== 0x7d) {
    const value = readValue(bytes, at);
    if (value === undefined) return undefined;
    values.push(value.text);
    at = value.end;
  }
  if (values.length !== Number(head[1]) * 2 || at + 1 !== bytes.length) return undefined;
  return values.flatMap((key, index) =>
    index % 2 === 0 ? [[key, values[index + 1] ?? ''] as [string, string]] : [],
  );
}

/** `i:5;` or `s:3:"abc";`, whose length is in bytes. */
function readValue(bytes: Buffer, at: number): { text: string; end: number } | undefined {
  const head = bytes.toString('latin1', at, at + 24);
  const number = /^i:(-?\d{1,18});/.exec(head);
  if (number !== null) return { text: number[1] as string, end: at + number[0].length };
  const text = /^s:(\d{1,6}):"/.exec(head);
  if (text === null) return undefined;
  const from = at + text[0].length;
  const end = from + Number(text[1]);
  if (bytes.toString('latin1', end, end + 2) !== '";') return undefined;
  return { text: bytes.toString('utf8', from, end), end: end + 2 };
}
