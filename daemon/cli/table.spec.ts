import { describe, expect, it } from 'vitest';
import { displayWidth, facts, table } from './table.js';

it('aligns columns, numbers to the right, and leaves no trailing blanks', () => {
  const rows = [
    { name: 'anna', size: '1.5 GiB', note: '' },
    { name: 'b', size: '9 B', note: 'gone' },
  ];
  expect(
    table(rows, [
      { title: 'NAME', value: (row) => row.name },
      { title: 'SIZE', value: (row) => row.size, align: 'right' },
      { title: 'NOTE', value: (row) => row.note },
    ]),
  ).toBe(['NAME     SIZE  NOTE', 'anna  1.5 GiB', 'b         9 B  gone'].join('\n'));
});

it('counts wide characters as two and combining marks as none', () => {
  expect(displayWidth('日本')).toBe(4);
  expect(displayWidth('e\u0301')).toBe(1);
  expect(displayWidth('a😀')).toBe(3);
});

it('lists facts and leaves out what is not known', () => {
  expect(
    facts([
      ['home', '/home/anna'],
      ['email', undefined],
      ['uid', '1001'],
    ]),
  ).toBe('home  /home/anna\nuid   1001');
});

describe('hostile names', () => {
  const nasty = `a\u001b[2J\r\n\u202eb${'w'.repeat(4096)}`;

  it('stay in their cell, on one line of a readable length', () => {
    const text = table([{ nasty }], [{ title: 'Name', value: (row) => row.nasty }]);
    const [, line = '', ...more] = text.split('\n');
    expect([line.length < 400, more]).toEqual([true, []]);
    expect(line).toMatch(/^a\\x1b\[2J\\x0d\\x0a\\u202ebw+…$/);
  });

  it('cannot move the cursor from among facts', () => {
    expect(facts([['Note', 'one\ntwo\u001b[2J\u202e']])).toBe('Note  one\ntwo\\x1b[2J\\u202e');
  });
});
