import { displayPath, fromText } from '../engine/manifest/byte-path.js';

/** What moves or hides text and is no control character: marks of direction, separators, nothing at all. */
const INVISIBLE = /[\u061c\u200b-\u200d\u2028\u2029\ufeff]/g;

/** Hostile text as one line of at most so many characters, with what is not seen made visible. */
export function plainLine(text: string, most = 200): string {
  // A character may take two units, and is cut as a whole.
  const cut = Array.from(text.slice(0, most * 2 + 2));
  const isCut = cut.length > most || text.length > most * 2 + 2;
  const shown = displayPath(fromText(cut.slice(0, most).join(''))).replace(
    INVISIBLE,
    (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return isCut ? `${shown}…` : shown;
}
