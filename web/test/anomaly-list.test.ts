// Each anomaly once, in the order in which they were found.

import { expect, test } from 'vitest';

import { lastCursor, withHistory, withNewest } from '../src/live/anomaly-list';
import type { AnomalyList } from '../src/live/anomaly-list';
import { edge } from './plant';

const cursors = (list: AnomalyList) => list.map(({ cursor }) => cursor).join('');
const listOf = (text: string) => [...text].reduce<AnomalyList>((list, cursor) => withNewest(list, edge(cursor)), []);

test('the same anomaly again changes nothing', () => {
  const list = listOf('abc');
  expect(withNewest(list, edge('b'))).toBe(list);
  expect(lastCursor(list)).toBe('c');
});

test('five are kept, the newest', () => {
  expect(cursors(listOf('abcdefg'))).toBe('cdefg');
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

test('nothing found, no cursor', () => {
  expect(lastCursor([])).toBeNull();
});
