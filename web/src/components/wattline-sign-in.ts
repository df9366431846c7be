// Asks who somebody is. Why the page is loaded again afterwards: whatever was asked before had no answer.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';

import { OPENID_PATH, hasOpenid, refusalOf, signIn } from '../api/session';
import { controls } from './controls';
import { shared } from './shared';

@customElement('wattline-sign-in')
export class WattlineSignIn extends LitElement {
  @state() private sentence = refusalOf(location.search);
  @state() private hasOpenid = false;
  @state() private isSending = false;
  @query('#name') private name!: HTMLInputElement;
  @query('#password') private password!: HTMLInputElement;

  static override styles = [
    shared,
    controls,
    css`
      form {
        box-sizing: border-box;
        width: min(24rem, 100%);
        margin: 2rem auto;
        padding: 1.25rem;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        box-shadow: var(--shadow);
      }

      h2 {
        font-size: 1.125rem;
      }

      label {
        display: block;
        margin-block-start: 0.75rem;
        font-size: 0.875rem;
        font-weight: 600;
      }

      input {
        box-sizing: border-box;
        width: 100%;
        margin-block-start: 0.25rem;
      }

      p {
        margin-block-start: 0.75rem;
        color: var(--bad);
      }

      button,
      a {
        display: inline-block;
        margin-block: 1rem 0;
        margin-inline-end: 1rem;
      }

      a {
        color: var(--accent);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    // Said once, and not again when the page is loaded again.
    if (this.sentence !== '') history.replaceState(null, '', location.pathname + location.hash);
    void hasOpenid().then((hasOpenid) => (this.hasOpenid = hasOpenid));
  }

  protected override render() {
    return html`<form @submit=${this.send}>
      <h2>Sign in</h2>
      <label>Name<input id="name" name="name" autocomplete="username" autocapitalize="none" required /></label>
      <label
        >Password<input id="password" name="password" type="password" autocomplete="current-password" required
      /></label>
      ${this.sentence === '' ? nothing : html`<p role="alert">${this.sentence}</p>`}
      <button type="submit" ?disabled=${this.isSending}>Sign in</button>
      ${this.hasOpenid ? html`<a href=${OPENID_PATH}>Sign in with your organization</a>` : nothing}
    </form>`;
  }

  private async send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    this.isSending = true;
    this.sentence = await signIn(this.name.value, this.password.value);
    this.isSending = false;
    if (this.sentence === '') location.reload();
  }
}
