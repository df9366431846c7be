// The names by which rules, contact points and messages are known.

import type {
  ContactPointFactsFragment,
  DeliveryFactsFragment,
  HoursFactsFragment,
  NotificationRuleFactsFragment,
  RuleMachineFragment,
  RulesQuery,
  WatchRuleFactsFragment,
} from '../gql/graphql';

export type Rules = RulesQuery;
export type ContactPoint = ContactPointFactsFragment;
export type Delivery = DeliveryFactsFragment;
/** The same hours of some days, on the site's clock. */
export type Hours = HoursFactsFragment;
export type NotificationRule = NotificationRuleFactsFragment;
export type WatchRule = WatchRuleFactsFragment;
export type RuleMachine = RuleMachineFragment;

export const WEEKDAYS = ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY', 'SATURDAY', 'SUNDAY'] as const;

/** The kinds that Wattline itself finds; other systems bring kinds of their own. */
export const ANOMALY_KINDS = [
  'SPIKE',
  'DROP',
  'LEVEL_SHIFT',
  'DRIFT',
  'PATTERN',
  'FLATLINE',
  'OVERLOAD',
  'NO_DATA',
  'THRESHOLD',
  'OFF_HOURS',
] as const;
