import { describe, expect, it } from 'vitest';
import { currentLanguage, languageOf, speaking, t } from './messages.js';

describe('messages', () => {
  it('says the text itself in English', () => {
    expect(t('Dashboard')).toBe('Dashboard');
    expect(t("It's {name}'s, not <b>yours</b>", { name: '<i>{x}' })).toBe("It's <i>{x}'s, not <b>yours</b>"); // prettier-ignore
    expect(t('{count, plural, one {# file} other {# files}}', { count: 1234 })).toBe('1,234 files');
  });

  it('says it in another language, within and after waiting', async () => {
    await speaking('de', async () => {
      expect(t('Dashboard')).toBe('Übersicht');
      await Promise.resolve();
      expect(t('Dashboard')).toBe('Übersicht');
      expect(currentLanguage()).toBe('de');
    });
    expect(t('Dashboard')).toBe('Dashboard');
  });

  it('says in English what a catalogue does not know', () => {
    const text = '{count, plural, one {# not there} other {# not there}}';
    expect(speaking('de', () => t(text, { count: 2 }))).toBe('2 not there');
    expect(speaking('de', () => t('constructor'))).toBe('constructor');
  });

  it('takes the language that a browser prefers and that there is', () => {
    expect(languageOf('fr, de-AT;q=0.9, en;q=0.8')).toBe('de');
    expect(languageOf('de;q=0.3, en;q=0.8')).toBe('en');
    expect(languageOf('de;q=0')).toBe('en');
    expect(languageOf('x;q=,,;;de')).toBe('en');
    expect(languageOf(undefined)).toBe('en');
  });
});
