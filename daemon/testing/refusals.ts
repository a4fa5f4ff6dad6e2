/** What calls to a destination must fail with. */
import { expect } from 'vitest';

export function refusalBy(place: string, code: string, ...parts: string[]): unknown {
  return expect.objectContaining({ kind: 'destination', code, ...sentence(place, parts) });
}

/** One sentence: a line that holds all of these and ends with a full stop. */
export function sentence(place: string, parts: string[]): { message: unknown } {
  const words = [place, ...parts].map((part) => `(?=.*${escaped(part)})`);
  const message = new RegExp(`^${words.join('')}[^\\n]+\\.$`);
  return { message: expect.stringMatching(message) as unknown };
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
