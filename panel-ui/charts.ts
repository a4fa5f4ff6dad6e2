/**
 * Charts as shapes for a template to draw as SVG: a line for each series,
 * which differ by dashes and by name, not by colour alone. Numbers only: what a tenant or an admin
 * named reaches the picture as escaped text of the template. Pure.
 */

export interface Series {
  name: string;
  /** One for each point on the way; null: not known. */
  values: readonly (number | null)[];
}

export interface ChartLine {
  name: string;
  /** For `d`. */
  path: string;
  /** The last value that is known, as a dot; undefined: none is. */
  end: { x: number; y: number } | undefined;
  /** 0 to 5; a class of the stylesheet gives each its dashes. */
  style: number;
}

export interface Chart {
  width: number;
  height: number;
  lines: ChartLine[];
  /** What the top of the chart stands for. */
  most: number;
}

export const LINE_STYLES = 6;
const WIDTH = 640;
const HEIGHT = 160;
const EDGE = 6;

/** From zero, so that a small change looks small. Gaps stay gaps. */
export function lineChart(series: readonly Series[]): Chart {
  const known = series.flatMap(({ values }) => values.filter((value) => value !== null));
  const most = Math.max(1, ...known);
  return {
    ...{ width: WIDTH, height: HEIGHT, most },
    lines: series.map((one, index) => toLine(one, most, index % LINE_STYLES)),
  };
}

function toLine({ name, values }: Series, most: number, style: number): ChartLine {
  const step = (WIDTH - 2 * EDGE) / Math.max(1, values.length - 1);
  let isDrawing = false;
  let path = '';
  let end: ChartLine['end'];
  values.forEach((value, index) => {
    if (value === null) {
      isDrawing = false;
      return;
    }
    const x = round(EDGE + index * step);
    const y = round(HEIGHT - EDGE - (Math.max(0, value) / most) * (HEIGHT - 2 * EDGE));
    path += `${isDrawing ? 'L' : 'M'}${x} ${y}`;
    isDrawing = true;
    end = { x, y };
  });
  return { name, path, end, style };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
