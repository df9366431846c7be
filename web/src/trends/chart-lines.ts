// The lines of a chart and the band behind them as uPlot knows them. Why beside the chart: that one is about axes, cursors
// and fingers.

import uPlot from 'uplot';

/** How one line is drawn. */
export interface ChartLine {
  readonly label: string;
  readonly color: string;
  /** Of the stretch before: dashed. */
  readonly isBefore: boolean;
  readonly isBars: boolean;
  /** Flat over its bucket, as an amount that is no bar. */
  readonly isSteps: boolean;
  /** Colours what is below it; where several lines are, that would hide some. */
  readonly isFilled: boolean;
}

/** What is left of a line's colour below it. */
const FILL_ALPHA = 0.13;

export function seriesOf({ label, color, isBefore, isBars, isSteps, isFilled }: ChartLine, width: number): uPlot.Series {
  const series: uPlot.Series = {
    label,
    stroke: color,
    width: isBefore ? 0.6 * width : width,
    alpha: isBefore ? 0.75 : 1,
    points: { show: false },
  };
  if (!isBars) series.points!.filter = lonely;
  if (isFilled) series.fill = fainter(color, FILL_ALPHA);
  if (isBefore) series.dash = [4, 3];
  if (isBars) {
    series.paths = uPlot.paths.bars!({ size: [0.86, Infinity], align: 1 });
    series.fill = color;
    series.width = 0;
  } else if (isSteps) {
    series.paths = uPlot.paths.stepped!({ align: 1 });
  }
  return series;
}

/** The edges of the band: they make room for it and are not drawn. */
export function bandSeries(): uPlot.Series[] {
  const edge = { stroke: 'transparent', width: 0, points: { show: false } };
  return [
    { ...edge, label: 'high' },
    { ...edge, label: 'low' },
  ];
}

/** A colour as the browser computes it, `rgb(…)`, with most of it taken away. */
export function fainter(color: string, alpha: number): string {
  return color.replace(/^rgba?\(([^,]+),([^,]+),([^,)]+).*$/, `rgba($1,$2,$3,${alpha})`);
}

/** Values with a gap on both sides have no line: they get a point, or they would not be seen. */
function lonely(plot: uPlot, line: number): number[] | null {
  const values = plot.data[line]!;
  const rows: number[] = [];
  const isKnown = (row: number, step: number): boolean => {
    let at = row + step;
    while (values[at] === undefined && at >= 0 && at < values.length) at += step;
    return values[at] !== null && values[at] !== undefined;
  };
  for (let row = 0; row < values.length; row += 1) {
    const value = values[row];
    if (value !== null && value !== undefined && !isKnown(row, -1) && !isKnown(row, 1)) rows.push(row);
  }
  return rows.length > 0 ? rows : null;
}
