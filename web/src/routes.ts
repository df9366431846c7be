// The views, one line each. Why a loader: a view that nobody opens is not loaded.

import { html } from 'lit';
import type { TemplateResult } from 'lit';

import type { Feed, Received } from './live/feed';
import type { Place } from './router';
import './components/wattline-overview';

/** What the page hands to its views. */
export interface PageState {
  readonly feed: Feed;
  /** The figures to show: the latest, or those of when somebody paused. */
  readonly received: Received | null;
  /** The time that the figures are of, when they are not those of now; empty otherwise. */
  readonly stale: string;
  readonly isKiosk: boolean;
}

export interface Route {
  /** Parts that begin with a colon are parameters. */
  readonly pattern: string;
  readonly title: string;
  /** Whether it stands in the navigation. */
  readonly isInNav?: boolean;
  /** Brings the elements that the template uses. */
  readonly load: () => Promise<unknown>;
  readonly template: (place: Place, page: PageState) => TemplateResult;
}

const loaded = async (): Promise<void> => {};
const overview = (_: Place, page: PageState) => html`<wattline-overview .page=${page}></wattline-overview>`;
const anomalies = ({ query }: Place, { feed }: PageState) =>
  html`<wattline-anomaly-view .query=${query} .trail=${feed.trail} .list=${feed.trail.list}></wattline-anomaly-view>`;

const trends = ({ query }: Place) => html`<wattline-trends .query=${query}></wattline-trends>`;
const machines = ({ query }: Place) =>
  html`<wattline-machines ?isUploading=${query.has('upload')}></wattline-machines>`;
const machine = ({ params, query }: Place) =>
  html`<wattline-machine machine-id=${params.id ?? ''} .query=${query}></wattline-machine>`;

const budgets = () => html`<wattline-budgets></wattline-budgets>`;
const rules = () => html`<wattline-rules></wattline-rules>`;

export const ROUTES: readonly Route[] = [
  { pattern: '/', title: 'Overview', isInNav: true, load: loaded, template: overview },
  { pattern: '/trends', title: 'Trends', isInNav: true, load: () => import('./components/wattline-trends'), template: trends },
  { pattern: '/machines', title: 'Machines', isInNav: true, load: () => import('./components/wattline-machines'), template: machines },
  { pattern: '/machines/:id', title: 'Machine', load: () => import('./components/wattline-machine'), template: machine },
  { pattern: '/anomalies', title: 'Anomalies', isInNav: true, load: () => import('./components/wattline-anomaly-view'), template: anomalies },
  { pattern: '/rules', title: 'Alerts', isInNav: true, load: () => import('./components/wattline-rules'), template: rules },
  { pattern: '/budgets', title: 'Budgets', isInNav: true, load: () => import('./components/wattline-budgets'), template: budgets },
  { pattern: '/kiosk', title: 'Overview', load: loaded, template: overview },
];
