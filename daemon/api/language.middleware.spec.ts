import { describe, expect, it } from 'vitest';
import { languageFor } from './language.middleware.js';

const german = { 'accept-language': 'de-AT, en;q=0.5' };

describe('the language of a request', () => {
  it('is the one that the browser chose, or else prefers, on pages', () => {
    expect(languageFor({ path: '/jobs', headers: german })).toBe('de');
    const chosen = { ...german, cookie: 'holdfast_language=en' };
    expect(languageFor({ path: '/jobs', headers: chosen })).toBe('en');
    expect(languageFor({ path: '/jobs', headers: {} })).toBe('en');
    expect(languageFor({ path: '/apiary', headers: german })).toBe('de');
  });

  it('is English for programs, whatever they prefer', () => {
    expect(languageFor({ path: '/api/jobs', headers: german })).toBe('en');
    expect(languageFor({ path: '/api', headers: german })).toBe('en');
    const peer = { uid: 0, gid: 0, pid: 1 };
    expect(languageFor({ path: '/jobs', headers: german, peer })).toBe('en');
  });
});
