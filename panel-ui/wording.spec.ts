import { inZone } from '../daemon/platform/zones.js';
import { describe, expect, it } from 'vitest';
import {
  accountCount,
  dayOf,
  displayText,
  durationText,
  elapsedText,
  fileTimeView,
  modeText,
  sizeText,
  stateView,
  timeView,
} from './wording.js';

const now = new Date('2026-11-21T21:45:12Z');

describe('sizeText', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 kB'],
    [1536, '1.5 kB'],
    [9949, '9.9 kB'],
    [9999, '10 kB'],
    [999_499, '999 kB'],
    [999_500, '1 MB'],
    [1.52e9, '1.5 GB'],
    [2.1e11, '210 GB'],
    [5e18, '5,000 PB'],
  ])('%d is %s', (bytes, text) => {
    expect(sizeText(bytes)).toBe(text);
  });
});

describe('durations and counts', () => {
  it.each([
    [0, '0 s'],
    [59.6, '1 min'],
    [200, '3 min 20 s'],
    [7500, '2 h 5 min'],
    [273_600, '3 d 4 h'],
    [-5, '0 s'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(durationText(seconds)).toBe(text);
  });

  it('counts in the singular and the plural', () => {
    expect(accountCount(1)).toBe('1 account');
    expect(accountCount(12_345)).toBe('12,345 accounts');
  });

  it('measures to now while a thing is not over', () => {
    expect(elapsedText('2026-11-21T21:45:00Z', null, now)).toBe('12 s');
    expect(elapsedText('2026-11-21T21:45:00Z', '2026-11-21T21:45:03Z', now)).toBe('3 s');
    expect(elapsedText(null, null, now)).toBeUndefined();
  });
});

describe('times', () => {
  it.each([
    ['2026-11-21T21:45:00Z', 'just now'],
    ['2026-11-21T21:42:00Z', '3 min ago'],
    ['2026-11-21T16:45:12Z', '5 h ago'],
    ['2026-11-20T21:45:12Z', '1 day ago'],
    ['2026-08-01T00:00:00Z', '2026-08-01'],
    ['2026-11-22T21:45:12Z', '2026-11-22 21:45'],
  ])('%s is "%s"', (iso, text) => {
    expect(timeView(iso, now).text).toBe(text);
  });

  it('keeps the exact value', () => {
    expect(timeView('2026-11-21T16:45:12.345Z', now)).toMatchObject({
      iso: '2026-11-21T16:45:12.345Z',
      moment: '2026-11-21 16:45',
      exact: '2026-11-21 16:45:12 UTC',
    });
  });

  it('says files’ times to the minute, years beyond four digits too', () => {
    expect(fileTimeView('1969-12-31T23:59:58Z').text).toBe('1969-12-31 23:59');
    expect(fileTimeView('-009999-01-01T00:00:00.000Z').text).toBe('-009999-01-01 00:00');
    expect(fileTimeView('nonsense').text).toBe('out of range');
  });
});

describe('modeText', () => {
  it.each([
    ['directory', 0o755, 'drwxr-xr-x'],
    ['file', 0o4755, '-rwsr-xr-x'],
    ['file', 0o2644, '-rw-r-Sr--'],
    ['directory', 0o1777, 'drwxrwxrwt'],
    ['symlink', 0o777, 'lrwxrwxrwx'],
    ['block-device', 0o660, 'brw-rw----'],
  ])('%s %o is %s', (type, mode, text) => {
    expect(modeText(type, mode)).toBe(text);
  });
});

describe('hostile text', () => {
  it('shows control characters and direction overrides instead of obeying them', () => {
    expect(displayText('a\u202egpj.exe')).toBe('a\\u202egpj.exe');
    expect(displayText('a\nb\u001b[31m')).toBe('a\\x0ab\\x1b[31m');
  });

  it('names a state it does not know as it is', () => {
    expect(stateView('strange')).toMatchObject({ word: 'strange', tone: 'quiet' });
    expect(stateView('constructor').word).toBe('constructor');
  });
});

describe('times in a zone', () => {
  const now = new Date('2026-11-22T12:00:00Z');

  it('are said as clocks there show them, with the name of the zone', () => {
    inZone('America/New_York', () => {
      expect(timeView('2026-11-22T03:30:05Z', now)).toEqual({
        iso: '2026-11-22T03:30:05.000Z',
        text: '8 h ago',
        moment: '2026-11-21 22:30',
        exact: '2026-11-21 22:30:05 America/New_York',
      });
      expect(timeView('2026-07-01T02:00:00Z', now).text).toBe('2026-06-30');
      expect(dayOf(new Date('2026-11-22T03:30:05Z'))).toBe('2026-11-21');
    });
    expect(timeView('2026-11-22T03:30:05Z', now).exact).toBe('2026-11-22 03:30:05 UTC');
  });
});
