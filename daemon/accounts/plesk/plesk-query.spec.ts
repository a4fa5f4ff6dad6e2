import { expect, it } from 'vitest';
import { parseBatchOutput } from './plesk-query.js';

it.each([
  ['', []],
  ['\n', [['']]],
  [
    'a\tb\n\t\n',
    [
      ['a', 'b'],
      ['', ''],
    ],
  ],
  [String.raw`x\ty\nz\\n\0` + '\n', [['x\ty\nz\\n\0']]],
  [String.raw`C:\q` + '\t$(id)\n', [[String.raw`C:\q`, '$(id)']]],
  ['one\rline\tä\n', [['one\rline', 'ä']]],
])('reads the batch output %j', (text, rows) => {
  expect(parseBatchOutput(text)).toEqual(rows);
});
