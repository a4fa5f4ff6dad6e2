/** Every text that is said has its German, and the catalogue holds nothing that nobody says. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { IntlMessageFormat } from 'intl-messageformat';
import { catalogueOf } from './messages.js';
import { projectFile } from './project-files.js';

const SAID = /\b(?:v\.t|t|msg)\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`$]*)`)/g;

function textsSaid(): string[] {
  const files = ['daemon', 'panel-ui', 'templates'].flatMap((folder) =>
    readdirSync(projectFile(folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => /\.(?:ts|ejs)$/.test(file) && !file.endsWith('.spec.ts'))
      .map((file) => readFileSync(projectFile(folder, file), 'utf8')),
  );
  // What documents the function is not said.
  const codes = files.map((text) => text.replace(/^\s*(?:\/\*\*|\*).*$/gm, ''));
  const found = codes.flatMap((text) => [...text.matchAll(SAID)]);
  const texts = found.map((match) => (match[1] ?? match[2] ?? match[3] ?? '').replace(/\\(.)/g, '$1')); // prettier-ignore
  return [...new Set(texts)].toSorted();
}

function parametersOf(text: string): string[] {
  return [...text.matchAll(/\{\s*(\w+)\s*[,}]/g)].map(([, name = '']) => name).toSorted();
}

describe('the German catalogue', () => {
  const said = textsSaid();
  const german = catalogueOf('de');

  it('has every text', () => {
    expect(said.length).toBeGreaterThan(100);
    expect(said.filter((text) => !Object.hasOwn(german, text))).toEqual([]);
  });

  it('has none that nobody says', () => {
    expect(Object.keys(german).filter((text) => !said.includes(text))).toEqual([]);
  });

  it('takes the same values, in messages that can be read', () => {
    for (const [text, translated] of Object.entries(german)) {
      expect(() => new IntlMessageFormat(translated, 'de', undefined, { ignoreTag: true })).not.toThrow(); // prettier-ignore
      expect([text, [...new Set(parametersOf(translated))]]).toEqual([text, [...new Set(parametersOf(text))]]); // prettier-ignore
    }
  });
});
