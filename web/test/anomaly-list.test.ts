// Each anomaly once, in the order in which they were found.

import { expect, test } from 'vitest';

import { KEPT_ANOMALIES } from '../src/api/operations';
import { latestFirst, withChanged, withHistory, withNewest, without } from '../src/live/anomaly-list';
import type { AnomalyList } from '../src/live/anomaly-list';
import { edge } from './plant';

const cursors = (list: AnomalyList) => list.map(({ cursor }) => cursor).join('');
const listOf = (text: string) => [...text].reduce<AnomalyList>((list, cursor) => withNewest(list, edge(cursor)), []);

test('the same anomaly again changes nothing', () => {
  const list = listOf('abc');
  expect(withNewest(list, edge('b'))).toBe(list);
  expect(cursors(list)).toBe('abc');
});

test('the newest are kept, and no more of them however many come', () => {
  let list: AnomalyList = [];
  for (let cursor = 1; cursor <= 1000; cursor += 1) list = withNewest(list, edge(String(cursor)));
  expect(list).toHaveLength(KEPT_ANOMALIES);
  expect(list.at(-1)?.cursor).toBe('1000');
});

test('one that changes keeps its place', () => {
  const list = listOf('abc');
  const changed = withChanged(list, edge('b', { status: 'RESOLVED' }).node);
  expect(changed.map(({ node }) => node.status)).toEqual(['OPEN', 'RESOLVED', 'OPEN']);
  expect(cursors(changed)).toBe('abc');
  expect(withChanged(list, edge('z').node)).toBe(list);
});

test('history goes before what has come since, and brings nothing twice', () => {
  expect(cursors(withHistory(listOf('cd'), [edge('a'), edge('b'), edge('c')]))).toBe('abcd');
  expect(cursors(withHistory([], [edge('a')]))).toBe('a');
  expect(cursors(withHistory(listOf('a'), []))).toBe('a');
});

test('only what came while the page was open is new', () => {
  const list = withNewest(withHistory([], [edge('a')]), edge('b'));
  expect(list.map(({ isNew }) => isNew)).toEqual([false, true]);
});

test('the latest are those that began last, whenever they were found', () => {
  const began = (cursor: string, startedAt: string) => edge(cursor, { startedAt });
  const found = [
    began('a', '2026-10-25T02:30:00+01:00'),
    began('b', '2026-10-25T02:40:00+02:00'),
    began('c', '2026-10-20T08:00:00+02:00'),
    began('d', '2026-10-25T02:30:00+01:00'),
  ];
  const list = withHistory([], found);
  expect(cursors(latestFirst(list, 3))).toBe('dab');
  expect(cursors(list)).toBe('abcd');
});

test('one that is no more is left out', () => {
  const list = listOf('abc');
  expect(cursors(without(list, 'anomaly-b'))).toBe('ac');
  expect(without(list, 'anomaly-z')).toBe(list);
});
