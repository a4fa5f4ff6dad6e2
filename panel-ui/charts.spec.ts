import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HOSTILE } from '../daemon/testing/sample-rows.js';
import { lineChart, LINE_STYLES } from './charts.js';

describe('lineChart', () => {
  it('draws from zero to the most', () => {
    const { lines, most } = lineChart([{ name: 'main', values: [0, 50, 100] }]);
    expect(most).toBe(100);
    expect(lines[0]).toEqual({ name: 'main', path: 'M6 154L320 80L634 6', end: { x: 634, y: 6 }, style: 0 }); // prettier-ignore
  });

  it('leaves gaps where nothing is known', () => {
    const [line] = lineChart([{ name: 'x', values: [1, null, 1, 1, null] }]).lines;
    expect(line?.path).toBe('M6 6M320 6L477 6');
    expect(line?.end).toEqual({ x: 477, y: 6 });
    expect(lineChart([{ name: 'x', values: [null] }]).lines[0]).toMatchObject({ path: '', end: undefined }); // prettier-ignore
  });

  it('puts nothing of a name into a path, and gives neighbours different dashes', () => {
    const { lines } = lineChart([HOSTILE, '"/><script>'].map((name) => ({ name, values: [1, 2] })));
    for (const { path } of lines) expect(path).toMatch(/^[ML0-9. ]*$/);
    expect(lines.map(({ style }) => style)).toEqual([0, 1]);
  });

  it('stays within the picture, whatever is given', () => {
    const values = fc.array(fc.option(fc.integer({ min: 0, max: 2 ** 52 })), { maxLength: 60 });
    const given = fc.array(
      values.map((some) => ({ name: 'x', values: some })),
      { maxLength: 9 },
    );
    fc.assert(
      fc.property(given, (series) => {
        const { lines, width, height } = lineChart(series);
        for (const { path, style } of lines) {
          expect(style).toBeLessThan(LINE_STYLES);
          const numbers = path.match(/[0-9.]+/g)?.map(Number) ?? [];
          numbers.forEach((number, index) => {
            expect(number).toBeLessThanOrEqual(index % 2 === 0 ? width : height);
          });
          expect(path).not.toContain('NaN');
        }
      }),
    );
  });
});
