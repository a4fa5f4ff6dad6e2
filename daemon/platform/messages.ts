/**
 * What Holdfast says to people, in their language. The English text is its own key; a catalogue
 * (templates/messages/LANGUAGE.json) gives the same in another language. Texts are ICU messages:
 * `t('{count, plural, one {# file} other {# files}}', { count })`. What is not in the catalogue is
 * said in English. The language belongs to what is being answered: `speaking` sets it for all that
 * is called within.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { IntlMessageFormat } from 'intl-messageformat';
import { projectFile } from './project-files.js';

/** Each by its own name. */
export const LANGUAGES = { en: 'English', de: 'Deutsch' } as const;
export type Language = keyof typeof LANGUAGES;

export type MessageValues = Record<string, string | number>;

const spoken = new AsyncLocalStorage<Language>();
const catalogues = new Map<Language, Record<string, string>>();
const formats = new Map<string, IntlMessageFormat>();

export function isLanguage(value: unknown): value is Language {
  return typeof value === 'string' && Object.hasOwn(LANGUAGES, value);
}

/** Says all that `work` says, and what it waits for, in this language. */
export function speaking<T>(language: Language, work: () => T): T {
  return spoken.run(language, work);
}

export function currentLanguage(): Language {
  return spoken.getStore() ?? 'en';
}

/** Marks a text that `t` says later: of a table that is made before anyone asks. */
export function msg<T extends string>(text: T): T {
  return text;
}

/** The text in the current language: a literal or marked by `msg`, so that catalogues can be checked. */
export function t(text: string, values?: MessageValues): string {
  const language = currentLanguage();
  const translated = translationOf(language, text);
  const said = translated ?? text;
  if (values === undefined && !said.includes('{')) return said;
  return formatOf(translated === undefined ? 'en' : language, said).format(values) as string;
}

/** The first language of an Accept-Language header that there is a catalogue for. */
export function languageOf(header: string | undefined): Language {
  const wanted = (header ?? '').slice(0, 500).split(',').map(toPreference);
  const known = wanted
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .find(({ language }) => isLanguage(language));
  return isLanguage(known?.language) ? known.language : 'en';
}

function toPreference(part: string): { language: string; quality: number } {
  const [tag = '', ...parameters] = part.trim().split(';');
  const quality = parameters.map((text) => /^\s*q=([\d.]+)$/.exec(text)?.[1]).find(Boolean);
  return { language: tag.slice(0, 2).toLowerCase(), quality: Number(quality ?? 1) };
}

/** What a language says for each text; for the check that it lacks none. */
export function catalogueOf(language: Language): Record<string, string> {
  const known = catalogues.get(language);
  if (known !== undefined) return known;
  const read = language === 'en' ? {} : readCatalogue(language);
  catalogues.set(language, read);
  return read;
}

function translationOf(language: Language, text: string): string | undefined {
  const catalogue = catalogueOf(language);
  return Object.hasOwn(catalogue, text) ? catalogue[text] : undefined;
}

function readCatalogue(language: Language): Record<string, string> {
  const file = projectFile('templates', 'messages', `${language}.json`);
  return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
}

function formatOf(language: Language, text: string): IntlMessageFormat {
  const key = `${language} ${text}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const format = new IntlMessageFormat(text, language, undefined, { ignoreTag: true });
  formats.set(key, format);
  return format;
}
