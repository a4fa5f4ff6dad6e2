import { describe, expect, it } from 'vitest';
import { knownSize } from './known-size.js';

const sizes = { files: 100, 'mailbox:a@b.test': 10, 'mailbox:b@b.test': 1, 'database:shop': 5 };
const items = Object.entries(sizes).map(([name, bytes]) => ({ name, entries: 1, bytes }));
const summary = { items, contentBytes: 105 };
const known = (paths: string[], names: string[] = []) => knownSize({ paths, items: names }, summary); // prettier-ignore

describe('what a row tells of the size of a selection', () => {
  it('is all of everything, and what the items add up to', () => {
    expect(known([])).toEqual({ bytes: 105, isExact: true });
    expect(known([], ['database:shop', 'database:shop'])).toEqual({ bytes: 5, isExact: true });
    expect(known(['homedir'], ['database:shop'])).toEqual({ bytes: 105, isExact: true });
    expect(known([], ['mailbox:a@b.test'])).toEqual({ bytes: 10, isExact: true });
  });

  it('counts mail in the home once', () => {
    const mail = ['mailbox:a@b.test', 'mailbox:b@b.test'];
    expect(known([], ['files', ...mail])).toEqual({ bytes: 100, isExact: true });
    expect(known([], ['files', 'database:shop', ...mail])).toEqual({ bytes: 105, isExact: true });
  });

  it('is a least of what may lie in one another, or in folders', () => {
    expect(known([], ['files', 'mailbox:a@b.test'])).toEqual({ bytes: 100, isExact: false });
    expect(known(['homedir/a'], ['database:shop'])).toEqual({ bytes: 5, isExact: false });
    expect(knownSize({ paths: [], items: [] }, null)).toEqual({ bytes: 0, isExact: false });
  });
});
