// The way between the views. Why links and no buttons: they can be opened in a tab of their own, and kept.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { hashOf } from '../router';
import { ROUTES } from '../routes';
import { shared } from './shared';

@customElement('wattline-nav')
export class WattlineNav extends LitElement {
  /** The pattern of the view that is shown. */
  @property({ attribute: false }) current = '';

  static override styles = [
    shared,
    css`
      ul {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem;
        list-style: none;
      }

      a {
        display: block;
        padding: 0.5rem 0.75rem;
        font-size: 0.9375rem;
        font-weight: 600;
        color: var(--ink-soft);
        text-decoration: none;
        border-radius: 0.375rem;
      }

      @media (max-width: 44rem) {
        a {
          padding-inline: 0.375rem;
          font-size: 0.875rem;
        }
      }

      a:hover {
        color: var(--ink);
        background: var(--sunken);
      }

      a[aria-current] {
        color: var(--accent);
        box-shadow: inset 0 -0.125rem var(--accent);
        border-end-start-radius: 0;
        border-end-end-radius: 0;
      }
    `,
  ];

  protected override render() {
    const views = ROUTES.filter(({ isInNav }) => isInNav);
    return html`<nav aria-label="Views">
      <ul>
        ${views.map(({ pattern, title }) => html`<li>${this.link(pattern, title)}</li>`)}
      </ul>
    </nav>`;
  }

  private link(pattern: string, title: string) {
    const isShown = pattern === this.current;
    // A machine's own page stands below the list of machines.
    const isAbove = pattern !== '/' && this.current.startsWith(`${pattern}/`);
    return html`<a href=${hashOf(pattern)} aria-current=${isShown ? 'page' : isAbove ? 'true' : nothing}>${title}</a>`;
  }
}
