// A list whose items come and go for months. Why it is drawn anew now and then: of each item that goes, Lit's `repeat`
// leaves a comment in the page, and on a screen that nobody turns off they would add up.

import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { repeat } from 'lit/directives/repeat.js';

const ANEW_AFTER_DRAWINGS = 200;

export class LastingList<Item> {
  private drawings = 0;

  constructor(
    private readonly key: (item: Item) => unknown,
    private readonly row: (item: Item) => TemplateResult,
  ) {}

  draw(items: readonly Item[]) {
    this.drawings += 1;
    const list = html`<ol>
      ${repeat(items, this.key, this.row)}
    </ol>`;
    return keyed(Math.floor(this.drawings / ANEW_AFTER_DRAWINGS), list);
  }
}
