// A chart that the keyboard can read: arrow keys move a cursor, and what it stands on is read out. Why the element knows
// no quantity: it is told lines and words, and shows trends of whatever.

import { LitElement, css, html } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import type { Chart, ChartBand, ChartData, ChartInk, ChartMark } from '../trends/chart';
import type { ChartLine } from '../trends/chart-lines';
import { COLORS, lineColors } from '../trends/colors';
import { shared } from './shared';

/** What is shown. */
export interface ChartContent {
  /** What this is, for those who do not see it. */
  readonly title: string;
  readonly zone: string;
  readonly lines: readonly (Omit<ChartLine, 'color'> & { /** From 0. */ readonly colorIndex: number })[];
  readonly data: ChartData;
  /** Drawn behind the lines. */
  readonly band: ChartBand | null;
  /** The last row that is not only of the stretch before. */
  readonly presentRow: number;
  readonly rangeMs: [number, number];
  readonly marks: readonly ChartMark[];
  readonly axisText: (value: number) => string;
  /** A row in words. */
  readonly rowText: (row: number) => string;
}

/** Rows that Page Up and Page Down skip. */
const PAGE_ROWS = 10;
/** What a plus or minus key zooms by. */
const ZOOM = 2;

@customElement('wattline-chart')
export class WattlineChart extends LitElement {
  @property({ attribute: false }) content: ChartContent | null = null;
  /** What stands below it as long as nothing is pointed at. */
  @property({ attribute: false }) hint = '';
  @state() private row: number | null = null;
  @state() private spoken = '';
  @state() private failure = '';
  @query('.plot') private host!: HTMLElement;
  @query('.probe') private probe!: HTMLElement;
  private module: typeof import('../trends/chart') | null = null;
  private chart: Chart | null = null;
  /** What the chart was built for; other lines or colours need another one. */
  private builtFor = '';
  private areColorsOld = false;
  private resizes: ResizeObserver | null = null;
  private schemeChanges: MutationObserver | null = null;
  private readonly darkness = matchMedia('(prefers-color-scheme: dark)');

  static override styles = [
    shared,
    lineColors,
    css`
      .plot {
        position: relative;
        height: var(--chart-height, clamp(16rem, 45vh, 40rem));
        overflow: hidden;
        border-radius: 0.375rem;
      }

      .probe {
        display: none;
      }

      .readout {
        min-height: 1.4em;
        margin-block-start: 0.375rem;
        font-size: 0.875rem;
        font-variant-numeric: tabular-nums;
        overflow-wrap: anywhere;
      }

      .hint {
        color: var(--ink-soft);
      }

      /* A finger that is dragged scrolls the page, two zoom the chart. */
      .drag {
        display: var(--chart-hint, inline);
      }

      .u-over {
        touch-action: pan-x pan-y;
      }

      .pinch {
        display: none;
      }

      @media (hover: none), (pointer: coarse) {
        .drag {
          display: none;
        }

        .pinch {
          display: var(--chart-hint, inline);
        }
      }

      .u-select {
        background: color-mix(in srgb, var(--accent) 22%, transparent);
      }

      .u-hz .u-cursor-x,
      .u-vt .u-cursor-y {
        border-color: var(--ink-soft);
      }

      @media (max-width: 44rem) {
        .plot {
          height: var(--chart-height, 15rem);
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.darkness.addEventListener('change', this.onColors);
    this.schemeChanges = new MutationObserver(this.onColors);
    this.schemeChanges.observe(document.documentElement, { attributes: true });
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.darkness.removeEventListener('change', this.onColors);
    this.schemeChanges?.disconnect();
    this.resizes?.disconnect();
    this.resizes = null;
    this.drop();
  }

  protected override firstUpdated(): void {
    import('../trends/chart').then(
      (module) => {
        this.module = module;
        this.shadowRoot!.adoptedStyleSheets = [module.chartSheet(), ...this.shadowRoot!.adoptedStyleSheets];
        this.requestUpdate();
      },
      () => {
        this.failure = 'The chart could not be loaded; the table shows the same figures.';
      },
    );
  }

  protected override render() {
    const text = this.row === null ? '' : this.textOf(this.row);
    return html`<div
        class="plot"
        tabindex="0"
        role="group"
        aria-roledescription="chart"
        aria-label=${this.content?.title ?? 'Chart'}
        aria-describedby="keys"
        @keydown=${this.onKey}
      ></div>
      <span class="probe"></span>
      <p class="readout" aria-hidden="true">
        ${
          this.failure ||
          text ||
          html`<span class="hint"
            >${this.hint}<span class="drag">; drag across it to zoom</span
              ><span class="pinch">; zoom and move it with two fingers</span>.</span
          >`
        }
      </p>
      <p class="spoken" id="keys">
        Left and right arrow keys read values, plus and minus zoom. The table has all values.
      </p>
      <p class="spoken" role="status" aria-live="polite">${this.spoken}</p>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    const { content, module, host } = this;
    if (!content || !module || !this.isConnected) return;
    // A cursor that moves changes neither lines nor colours.
    if (this.chart && !changed.has('content') && !this.areColorsOld) return;
    this.areColorsOld = false;
    const lines = content.lines.map(({ colorIndex, ...line }) => ({
      ...line,
      color: this.colorOf(`--chart-${colorIndex % COLORS}`),
    }));
    const bandColor = content.band && this.colorOf('--band');
    const ink = this.ink();
    const key = JSON.stringify([lines, bandColor, ink, content.zone]);
    if (key !== this.builtFor) {
      this.drop();
      const setup = { zone: content.zone, lines, bandColor, ink, axisText: content.axisText };
      this.chart = new module.Chart(host, setup, { cursor: this.onCursor, zoom: this.zoom });
      this.builtFor = key;
    }
    if (!this.resizes) {
      this.resizes = new ResizeObserver(() => this.chart?.resize(host.clientWidth, host.clientHeight));
      this.resizes.observe(host);
    }
    this.chart?.set(content.data, content.band, content.rangeMs, content.marks);
  }

  private drop(): void {
    this.chart?.destroy();
    this.chart = null;
    this.builtFor = '';
  }

  private textOf(row: number): string {
    return this.content && row < this.content.data[0].length ? this.content.rowText(row) : '';
  }

  /** A colour as the canvas takes it: whatever the style sheets say, computed. */
  private colorOf(property: string): string {
    this.probe.style.setProperty('color', `var(${property})`);
    return getComputedStyle(this.probe).color;
  }

  private ink(): ChartInk {
    const { fontFamily, fontSize } = getComputedStyle(this.host);
    return {
      axis: this.colorOf('--ink-soft'),
      grid: this.colorOf('--line'),
      warning: this.colorOf('--warn'),
      critical: this.colorOf('--bad'),
      fontFamily,
      fontPx: Math.round(0.8 * Number.parseFloat(fontSize)),
    };
  }

  private readonly onColors = (): void => {
    this.areColorsOld = true;
    this.requestUpdate();
  };

  private readonly onCursor = (row: number | null): void => {
    this.row = row;
  };

  private onKey(event: KeyboardEvent): void {
    const rows = this.content?.data[0].length ?? 0;
    if (rows === 0 || event.ctrlKey || event.metaKey || event.altKey) return;
    const present = this.content!.presentRow;
    const from = this.row ?? present + 1;
    const to: Record<string, number> = {
      ArrowLeft: from - 1,
      ArrowRight: this.row === null ? 0 : from + 1,
      PageUp: from - PAGE_ROWS,
      PageDown: from + PAGE_ROWS,
      Home: 0,
      End: present,
    };
    const row = to[event.key];
    if (row !== undefined) {
      this.row = Math.min(rows - 1, Math.max(0, row));
      this.chart?.point(this.row);
      this.spoken = this.textOf(this.row);
    } else if (event.key === '+' || event.key === '-') {
      this.zoomBy(event.key === '+' ? 1 / ZOOM : ZOOM);
    } else {
      return;
    }
    event.preventDefault();
  }

  /** Around the cursor, or else the middle. */
  private zoomBy(factor: number): void {
    const [fromMs, toMs] = this.content!.rangeMs;
    const middleMs = this.row === null ? (fromMs + toMs) / 2 : (this.content!.data[0][this.row] ?? fromMs);
    const halfMs = (factor * (toMs - fromMs)) / 2;
    this.zoom(middleMs - halfMs, middleMs + halfMs);
  }

  private readonly zoom = (fromMs: number, toMs: number): void => {
    this.dispatchEvent(new CustomEvent('chart-zoom', { detail: { fromMs, toMs } }));
  };
}
