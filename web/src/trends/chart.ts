// The chart itself: uPlot, drawn with the page's own colours and the plant's own clock. Why a module of its own: it is
// loaded when the first chart is looked at, and the first page need not wait for it. Why updates only set data: a live
// chart of 86,400 points has 16 ms for it.

import uPlot from 'uplot';
import sheetText from 'uplot/dist/uPlot.min.css?inline';

import { wallOf } from '../site-time';
import type { WallTime } from '../site-time';
import type { ChartLine } from './chart-lines';
import { bandSeries, fainter, seriesOf } from './chart-lines';
import { tickText } from './labels';
import { watchPinch } from './pinch';

export interface ChartMark {
  readonly atMs: number;
  readonly isCritical: boolean;
}

/** The colours of everything that is no line. */
export interface ChartInk {
  readonly axis: string;
  readonly grid: string;
  readonly warning: string;
  readonly critical: string;
  readonly fontFamily: string;
  readonly fontPx: number;
}

export interface ChartSetup {
  readonly zone: string;
  readonly lines: readonly ChartLine[];
  /** Of the band behind them; null where there is none. */
  readonly bandColor: string | null;
  readonly ink: ChartInk;
  readonly axisText: (value: number) => string;
}

export interface ChartEvents {
  /** The bucket under the cursor; null when it has left. */
  cursor(row: number | null): void;
  /** A stretch was dragged, or pinched. */
  zoom(fromMs: number, toMs: number): void;
}

/** Instants, then a column for each line. */
export type ChartData = readonly [readonly number[], ...(readonly (number | null | undefined)[])[]];

/** Where a band begins and ends at each instant. */
export interface ChartBand {
  readonly low: readonly (number | null | undefined)[];
  readonly high: readonly (number | null | undefined)[];
}

/** A drag shorter than this is a click. */
const LEAST_DRAG_PX = 8;
/** A mark's half width and a line's, in heights of the font: they grow from a phone to a wall. */
const MARK_SIZE = 0.38;
const LINE_WIDTH = 0.13;
const BAND_ALPHA = 0.22;

let sheet: CSSStyleSheet | null = null;

/** The library's style sheet, constructed: the security policy forbids style elements. */
export function chartSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(sheetText);
  }
  return sheet;
}

export class Chart {
  private readonly plot: uPlot;
  private rangeMs: [number, number] = [0, 1];
  private marks: readonly ChartMark[] = [];
  /** Whether the cursor is moved by the page and not by the pointer. */
  private isPointing = false;
  /** What two fingers make of the range, while they are there. */
  private pinchedMs: [number, number] | null = null;

  constructor(
    host: HTMLElement,
    private readonly setup: ChartSetup,
    private readonly events: ChartEvents,
  ) {
    const options = this.options(host);
    this.plot = new uPlot(options, options.series.map(() => []) as unknown as uPlot.AlignedData, host);
    watchPinch(this.plot.over, {
      range: () => this.rangeMs,
      preview: (range) => this.onPinch(range),
      end: () => this.onPinchEnd(),
    });
  }

  /** New values. The plot is not built anew. */
  set([atMs, ...columns]: ChartData, band: ChartBand | null, rangeMs: [number, number], marks: readonly ChartMark[]): void {
    this.rangeMs = rangeMs;
    this.marks = marks;
    const edges = band ? [band.high, band.low] : [];
    this.plot.setData([atMs, ...edges, ...columns] as unknown as uPlot.AlignedData, true);
  }

  resize(width: number, height: number): void {
    if (width !== this.plot.width || height !== this.plot.height) this.plot.setSize({ width, height });
  }

  /** Puts the cursor on a bucket. */
  point(row: number): void {
    const atMs = this.plot.data[0][row];
    if (atMs === undefined) return;
    this.isPointing = true;
    this.plot.setCursor({ left: this.plot.valToPos(atMs, 'x'), top: this.plot.bbox.height / devicePixelRatio / 2 });
    this.isPointing = false;
  }

  destroy(): void {
    this.plot.destroy();
  }

  private options(host: HTMLElement): uPlot.Options {
    const { ink, zone, lines, bandColor, axisText } = this.setup;
    const { fontPx } = ink;
    const font = `${fontPx}px ${ink.fontFamily}`;
    const axis = {
      stroke: ink.axis,
      font,
      ticks: { stroke: ink.grid, width: 1 },
      grid: { stroke: ink.grid, width: 1 },
    };
    return {
      width: Math.max(host.clientWidth, 1),
      height: Math.max(host.clientHeight, 1),
      ms: 1,
      // The last label stands half outside.
      padding: [0.8 * fontPx, 2.4 * fontPx, 0, 0],
      tzDate: (atMs) => asBrowserTime(wallOf(atMs, zone)),
      legend: { show: false },
      cursor: {
        drag: { x: true, y: false, setScale: false, dist: LEAST_DRAG_PX },
        points: { size: 8 },
        y: false,
        dataIdx: (plot, _series, nearest, atMs) => bucketAt(plot, nearest, atMs),
      },
      scales: {
        x: { time: true, range: () => this.pinchedMs ?? this.rangeMs },
        y: { range: (_, least, greatest) => valueRange(least, greatest) },
      },
      axes: [
        {
          ...axis,
          space: 5.5 * fontPx,
          size: 2.6 * fontPx,
          values: (_, splits, _axis, _space, stepMs) => splits.map((atMs) => tickText(atMs, stepMs, zone)),
        },
        {
          ...axis,
          space: 2.8 * fontPx,
          size: (_, values) => axisWidth(values, fontPx),
          values: (_, splits) => splits.map(axisText),
        },
      ],
      // The band's edges come first: what comes later is drawn over it.
      series: [{}, ...(bandColor ? bandSeries() : []), ...lines.map((line) => seriesOf(line, LINE_WIDTH * fontPx))],
      bands: bandColor ? [{ series: [1, 2], fill: fainter(bandColor, BAND_ALPHA) }] : [],
      hooks: {
        setCursor: [(plot) => this.onCursor(plot)],
        setSelect: [(plot) => this.onSelect(plot)],
        draw: [(plot) => this.drawMarks(plot)],
      },
    };
  }

  private onCursor(plot: uPlot): void {
    if (this.isPointing) return;
    const { idx, idxs } = plot.cursor;
    this.events.cursor(idx === null || idx === undefined ? null : (idxs?.[1] ?? idx));
  }

  private onSelect(plot: uPlot): void {
    const { left, width } = plot.select;
    if (width < LEAST_DRAG_PX) return;
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    this.events.zoom(plot.posToVal(left, 'x'), plot.posToVal(left + width, 'x'));
  }

  private onPinch(range: [number, number]): void {
    this.pinchedMs = range;
    this.plot.setScale('x', { min: range[0], max: range[1] });
  }

  private onPinchEnd(): void {
    const range = this.pinchedMs;
    if (!range) return;
    this.pinchedMs = null;
    // Until the values of that stretch are there, what is known of it stays.
    this.rangeMs = range;
    this.events.zoom(...range);
  }

  /** A line through the plot and a triangle at its top: marks differ from data by more than colour. */
  private drawMarks(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const { ink } = this.setup;
    const size = MARK_SIZE * ink.fontPx * devicePixelRatio;
    ctx.save();
    for (const { atMs, isCritical } of this.marks) {
      const x = Math.round(plot.valToPos(atMs, 'x', true));
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      ctx.strokeStyle = ctx.fillStyle = isCritical ? ink.critical : ink.warning;
      ctx.lineWidth = devicePixelRatio;
      ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.beginPath();
      ctx.moveTo(x - size, bbox.top);
      ctx.lineTo(x + size, bbox.top);
      ctx.lineTo(x, bbox.top + 1.8 * size);
      ctx.fill();
    }
    ctx.restore();
  }
}

/** The library finds its ticks by the browser's clock; this is a time at which that shows the plant's. */
function asBrowserTime({ year, month, day, hour, minute, second }: WallTime): Date {
  return new Date(year, month - 1, day, hour, minute, second);
}

/** The bucket that an instant falls into: the nearest begin may be the next one's. */
function bucketAt(plot: uPlot, nearest: number, atMs: number): number {
  const instants = plot.data[0];
  const { min, max } = plot.scales['x']!;
  const halfPixelMs = ((max ?? 0) - (min ?? 0)) / Math.max(plot.width, 1) / 2;
  return nearest > 0 && (instants[nearest] ?? 0) > atMs + halfPixelMs ? nearest - 1 : nearest;
}

/** From zero on, because lengths are compared; with some room above. */
function valueRange(least: number | null, greatest: number | null): [number, number] {
  if (least === null || greatest === null) return [0, 1];
  const [low, high] = [Math.min(0, least * 1.06), Math.max(0, greatest * 1.06)];
  return low === high ? [0, 1] : [low, high];
}

/** How wide a digit is, in heights of its font. */
const DIGIT_WIDTH = 0.6;
const LEAST_DIGITS = 3;

function axisWidth(values: readonly string[] | null, fontPx: number): number {
  const digits = Math.max(LEAST_DIGITS, ...(values ?? []).map((text) => text.length));
  return 1.4 * fontPx + DIGIT_WIDTH * fontPx * digits;
}
