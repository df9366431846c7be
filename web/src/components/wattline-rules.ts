// Who is told of what: contact points, notifications, rules for machines, and the messages sent. Why on one page: whoever
// wonders why nobody called needs all four.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { NotificationRule, Rules, WatchRule } from '../api/telling';
import type { MachineChoice, Site } from '../api/trends';
import { Numbers } from '../format/numbers';
import { RemoveNotificationRuleDocument, RemoveWatchRuleDocument, RulesDocument } from '../gql/graphql';
import { loadChoices, loadSites } from '../machines/loader';
import { notificationText, watchText } from '../telling/words';
import { controls, siteSelect } from './controls';
import { Polling } from './polling';
import type { Keep } from './polling';
import { ruleList, ruleRow } from './rule-list';
import { pageHead, shared } from './shared';
import './wattline-confirm';
import type { WattlineConfirm } from './wattline-confirm';
import './wattline-contact-points';
import './wattline-deliveries';
import './wattline-notification-dialog';
import type { WattlineNotificationDialog } from './wattline-notification-dialog';
import './wattline-watch-dialog';
import type { WattlineWatchDialog } from './wattline-watch-dialog';

const REFRESH_EVERY_MS = 10_000;
const numbers = new Numbers();

@customElement('wattline-rules')
export class WattlineRules extends LitElement {
  @state() private sites: Site[] = [];
  @state() private site: Site | null = null;
  @state() private machines: MachineChoice[] = [];
  @state() private rules: Rules | null = null;
  @query('wattline-notification-dialog') private notificationDialog!: WattlineNotificationDialog;
  @query('wattline-watch-dialog') private watchDialog!: WattlineWatchDialog;
  @query('wattline-confirm') private confirmation!: WattlineConfirm;
  private readonly polling = new Polling(
    this,
    (keep) => this.bring(keep),
    () => REFRESH_EVERY_MS,
  );

  static override styles = [
    shared,
    pageHead,
    controls,
    ruleList,
    css`
      .parts {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 0.75rem;
      }
    `,
  ];

  protected override render() {
    const { site, rules, polling } = this;
    const { error, again } = polling;
    return html`<section aria-labelledby="title" @saved=${again}>
      <div class="row between title">
        <h2 id="title">Alerts</h2>
        ${site ? siteSelect(this.sites, site, this.onSite) : nothing}
      </div>
      ${error === null ? nothing : html`<p class="error" role="alert">${error}</p>`}
      ${site && rules ? this.parts(site, rules) : error === null ? html`<p class="panel soft">Loading…</p>` : nothing}
      <wattline-notification-dialog></wattline-notification-dialog>
      <wattline-watch-dialog></wattline-watch-dialog>
      <wattline-confirm></wattline-confirm>
    </section>`;
  }

  private parts(site: Site, rules: Rules) {
    return html`<div class="parts">
      <wattline-contact-points .contactPoints=${rules.contactPoints}></wattline-contact-points>
      ${this.notifications(rules)} ${this.watchRules(site, rules)}
      <wattline-deliveries .deliveries=${rules.deliveries.nodes} .zone=${site.timeZone}></wattline-deliveries>
    </div>`;
  }

  private notifications({ notificationRules, contactPoints }: Rules) {
    const open = (rule: NotificationRule | null) => () =>
      this.notificationDialog.open({ rule, contactPoints, sites: this.sites, machines: this.machines });
    return html`<section class="panel" aria-labelledby="notifications">
      <div class="row between head">
        <h3 id="notifications">Notifications</h3>
        <button type="button" @click=${open(null)}>Add a notification</button>
      </div>
      ${notificationRules.length === 0 ? html`<p class="soft">None yet: anomalies are shown here and told to nobody.</p>` : nothing}
      <ul>
        ${notificationRules.map((rule) =>
          ruleRow({
            ...rule,
            text: notificationText(rule),
            edit: open(rule),
            remove: () =>
              this.confirmation.open({
                heading: `Remove ${rule.name}?`,
                text: 'Who is told by it is told no more.',
                deed: 'Remove the notification',
                send: () => ask(RemoveNotificationRuleDocument, { input: { id: rule.id } }),
              }),
          }),
        )}
      </ul>
    </section>`;
  }

  private watchRules(site: Site, { watchRules }: Rules) {
    const { machines } = this;
    const open = (rule: WatchRule | null) => () => this.watchDialog.open({ rule, site, machines });
    return html`<section class="panel" aria-labelledby="watches">
      <div class="row between head">
        <h3 id="watches">Rules for machines</h3>
        <button type="button" @click=${open(null)}>Add a rule</button>
      </div>
      ${watchRules.length === 0 ? html`<p class="soft">None yet: what is odd is found by what is usual only.</p>` : nothing}
      <ul>
        ${watchRules.map((rule) =>
          ruleRow({
            ...rule,
            text: html`${rule.severity === 'CRITICAL' ? 'Critical' : 'Warning'} at ${watchText(rule, machines, numbers)}`,
            edit: open(rule),
            remove: () =>
              this.confirmation.open({
                heading: `Remove ${rule.name}?`,
                text: 'What it found is over.',
                deed: 'Remove the rule',
                send: () => ask(RemoveWatchRuleDocument, { input: { id: rule.id } }),
              }),
          }),
        )}
      </ul>
    </section>`;
  }

  private readonly onSite = (chosen: string): void => {
    this.site = this.sites.find(({ id }) => id === chosen) ?? this.site;
    this.machines = [];
    this.polling.again();
  };

  private async bring(keep: Keep): Promise<void> {
    const { sites, site } = await loadSites(ask, this.site?.id);
    const [rules, machines] = await Promise.all([ask(RulesDocument, { siteId: site.id }), loadChoices(ask, site.id)]);
    keep(() => Object.assign(this, { sites, site, rules, machines }));
  }
}
