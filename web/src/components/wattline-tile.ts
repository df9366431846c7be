// One tile: a big figure and what belongs to it. Why the big figure follows the tile's width: the same tile stands on a
// phone and on a wall, and no figure may be cut off.

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { BEFORE_FIGURES } from '../figures';
import type { Figure } from '../figures';
import { isStill } from '../motion/ticker';
import type { Tile } from '../tiles';
import { icon } from './icons';
import { shared } from './shared';
import './wattline-figure';

/** How long a tile glows after an update. */
const GLOW_MS = 1400;

@customElement('wattline-tile')
export class WattlineTile extends LitElement {
  @property({ attribute: false }) tile!: Tile;
  @query('.glow') private glow!: HTMLElement;
  /** The time that the figures are of, when they are not those of now; empty otherwise. */
  @property({ reflect: true }) stale = '';

  static override styles = [
    shared,
    css`
      :host {
        container-type: inline-size;
      }

      article {
        position: relative;
        box-sizing: border-box;
        height: 100%;
        display: flex;
        flex-direction: column;
        padding: 1rem 1.125rem 0.875rem;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        box-shadow: var(--shadow);
      }

      .glow {
        position: absolute;
        inset: -1px;
        border: 2px solid var(--accent);
        border-radius: inherit;
        box-shadow: 0 0 1rem var(--glow);
        opacity: 0;
        pointer-events: none;
      }

      header {
        display: flex;
        align-items: center;
        gap: 0.375rem;
        color: var(--ink-soft);
      }

      .icon {
        flex: none;
        width: 1.25rem;
        height: 1.25rem;
        color: var(--accent);
      }

      h3 {
        flex: 1;
        font-size: 0.9375rem;
        font-weight: 600;
      }

      .stamp {
        font-size: 0.75rem;
        font-variant-numeric: tabular-nums;
        color: var(--warn);
        white-space: nowrap;
      }

      .big {
        margin-block: 0.5rem 0.75rem;
        min-width: 0;
        font-size: clamp(1.5rem, 13cqi, 5rem);
        font-weight: 650;
        line-height: 1.15;
        letter-spacing: -0.015em;
        --figure-unit-size: 0.45em;
        --figure-unit-weight: 500;
        --figure-unit-gap: 0.35em;
      }

      .big.long {
        font-size: clamp(1.375rem, 10cqi, 4rem);
      }

      .big.longest {
        font-size: clamp(1.125rem, 7.5cqi, 3rem);
      }

      .small {
        margin-block-start: auto;
        padding-block-start: 0.625rem;
        border-block-start: 1px solid var(--line);
        font-size: 0.9375rem;
      }

      .small p {
        display: flex;
        flex-wrap: wrap;
        justify-content: space-between;
        gap: 0 0.75rem;
      }

      .label {
        color: var(--ink-soft);
      }

      .small wattline-figure {
        font-weight: 600;
        --figure-unit-weight: 400;
      }

      .reason {
        font-size: 0.875rem;
        color: var(--ink-soft);
      }

      .big + .reason {
        margin-block: -0.5rem 0.75rem;
      }

      .small .reason {
        width: 100%;
        text-align: end;
      }

      .bar {
        display: block;
        width: 100%;
        height: 0.375rem;
        margin-block-end: 0.75rem;
        border-radius: 0.1875rem;
        overflow: hidden;
      }

      .track {
        fill: var(--line);
      }

      .share {
        fill: var(--accent);
      }

      .good .share {
        fill: var(--ok);
      }

      .fair .share {
        fill: var(--warn);
      }

      .poor .share {
        fill: var(--bad);
      }

      .good .small wattline-figure {
        color: var(--ok);
      }

      .fair .small wattline-figure {
        color: var(--warn);
      }

      .poor .small wattline-figure {
        color: var(--bad);
      }

      /* Softer, never fainter than small text may be. */
      :host([stale]:not([stale=''])) .big,
      :host([stale]:not([stale=''])) .small wattline-figure {
        color: var(--ink-soft);
      }

      :host([stale]:not([stale=''])) article {
        border-style: dashed;
        background: transparent;
        box-shadow: none;
      }

      :host([stale]:not([stale=''])) .icon {
        color: var(--ink-soft);
      }

      :host([stale]:not([stale=''])) .share {
        fill: var(--ink-soft);
      }
    `,
  ];

  protected override render() {
    const { big, small, note, grade } = this.tile;
    return html`<article class=${grade ?? ''}>
      <span class="glow"></span>
      <header>
        ${icon(this.tile.icon)}
        <h3>${big.label}</h3>
        ${this.stale ? html`<span class="stamp"><span class="spoken">Figures of </span>${this.stale}</span>` : nothing}
      </header>
      <wattline-figure class="big ${lengthOf(big)}" data-statistic=${big.statistic} .figure=${big}></wattline-figure>
      ${reasonOf(big)} ${this.bar()}
      <div class="small">
        ${small.map((figure) => this.row(figure))} ${note ? html`<p class="label">${note}</p>` : nothing}
      </div>
    </article>`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    const before = changed.get('tile');
    if (!before || this.stale || isStill() || valuesOf(before) === valuesOf(this.tile)) return;
    this.glow.animate({ opacity: [1, 0] }, { duration: GLOW_MS, easing: 'ease-out' });
  }

  private row(figure: Figure) {
    return html`<p>
      <span class="label">${figure.label}</span>
      <wattline-figure data-statistic=${figure.statistic} .figure=${figure}></wattline-figure>
      ${reasonOf(figure)}
    </p>`;
  }

  private bar() {
    const { sharePercent } = this.tile;
    if (sharePercent === undefined) return nothing;
    const width = Math.min(100, Math.max(0, sharePercent ?? 0));
    return html`<svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="1"></rect>
      <rect class="share" width=${width} height="1"></rect>
    </svg>`;
  }
}

function valuesOf({ big, small }: Tile): string {
  return [big, ...small].map(({ value }) => value).join(' ');
}

/** Why there is no value; hidden from screen readers, which hear it in its place. */
function reasonOf({ reason }: Figure) {
  if (reason === '' || reason === BEFORE_FIGURES) return nothing;
  return html`<span class="reason" aria-hidden="true">${reason}</span>`;
}

/** How much room a figure needs, in widths of a digit; its unit is set smaller. */
function lengthOf({ value, unit, digits }: Figure): '' | 'long' | 'longest' {
  if (value === null) return '';
  const widths = digits(value).length + unit.length / 2;
  if (widths <= 10.5) return '';
  return widths <= 14 ? 'long' : 'longest';
}
