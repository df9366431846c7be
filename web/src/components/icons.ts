// The page's icons, drawn as lines of one weight. Why inline: eight small files would be eight requests, and these take
// the colour of the text beside them.

import { html, svg } from 'lit';
import type { SVGTemplateResult, TemplateResult } from 'lit';

const SHAPES = {
  energy: svg`<path d="M13 2.5 5 13.5h6l-1 8 8-11h-6z"/>`,
  power: svg`<path d="M3.5 17.5a9 9 0 1 1 17 0M12 15.5l4-5.5"/><circle cx="12" cy="15.5" r="1.2"/>`,
  efficiency: svg`<path d="M6.5 17.5 17.5 6.5"/><circle cx="7" cy="7.5" r="2.5"/><circle cx="17" cy="16.5" r="2.5"/>`,
  cost: svg`<circle cx="12" cy="12" r="8.5"/><path d="M15 9.3c-.5-1.1-1.6-1.6-3-1.6-1.7 0-2.9.8-2.9 2.1 0 3 6 1.4 6 4.4 0 1.3-1.3 2.1-3.1 2.1-1.5 0-2.7-.6-3.2-1.8M12 6v1.7M12 16.3V18"/>`,
  carbon: svg`<path d="M7 18.5a4.5 4.5 0 0 1-.4-9A6 6 0 0 1 18 11a3.8 3.8 0 0 1-.8 7.5z"/>`,
  readings: svg`<path d="M2.5 12.5h4l2.8-7 4.4 13 2.8-7.5 1.2 1.5h3.8"/>`,
  rate: svg`<path d="M3.5 20.5v-6M9 20.5V9M14.5 20.5v-8M20 20.5V4"/>`,
  completeness: svg`<path d="M4 6.5h16M4 12h7M4 17.5h7M14 15.2l2.4 2.4 4.2-4.6"/>`,
  warning: svg`<path d="M12 4 2.8 19.5h18.4zM12 10v4.5"/><circle cx="12" cy="17" r=".4"/>`,
  critical: svg`<path d="M8.2 3h7.6L21 8.2v7.6L15.8 21H8.2L3 15.8V8.2zM12 7.5V13"/><circle cx="12" cy="16.2" r=".4"/>`,
  ok: svg`<circle cx="12" cy="12" r="8.5"/><path d="m8 12.3 2.8 2.8 5.2-6"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type IconName = keyof typeof SHAPES;

/** An icon that says nothing by itself: there is always text beside it. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor"
    stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round">${SHAPES[name]}</svg>`;
}
