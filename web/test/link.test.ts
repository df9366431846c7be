// When the link is tried again.

import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Link } from '../src/live/link';
import { retryDelayMs } from '../src/live/schedule';
import { fakeTransport } from './fake-transport';

beforeEach(() => {
  vi.useFakeTimers();
  // In the middle of the jitter.
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function linkOf() {
  const { open, sockets } = fakeTransport();
  const link = new Link(open, { transport: () => {}, gone: () => {}, state: () => {} });
  link.start();
  return { link, sockets };
}

test('the schedule is 3, 6, 12, 24, 30, 30 … seconds', () => {
  const delays = [1, 2, 3, 4, 5, 6, 1000].map((attempt) => retryDelayMs(attempt));
  expect(delays).toEqual([3, 6, 12, 24, 30, 30, 30].map((s) => s * 1000));
});

test('not all screens try in the same second', () => {
  expect(retryDelayMs(4, () => 0)).toBe(19_200);
  expect(retryDelayMs(4, () => 1)).toBe(28_800);
});

test('a link that may be dead is replaced at once', () => {
  const { link, sockets } = linkOf();
  sockets[0]?.open();
  link.renew();
  expect(sockets[0]?.isClosed).toBe(true);
  expect(sockets).toHaveLength(2);
  expect(link.state.kind).toBe('connecting');
  link.renew();
  expect(sockets, 'while it connects there is nothing to replace').toHaveLength(2);
});

test('where none ever gets through, figures must come another way at once', () => {
  const { link, sockets } = linkOf();
  expect(link.isHopeless).toBe(false);
  sockets[0]?.lose();
  expect(link.isHopeless).toBe(true);
});

test('after a loss, only once the quick attempts have failed', () => {
  const { link, sockets } = linkOf();
  sockets[0]?.open();
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    sockets.at(-1)?.lose();
    expect(link.isHopeless).toBe(false);
    vi.advanceTimersByTime(retryDelayMs(attempt));
  }
  sockets.at(-1)?.lose();
  expect(link.isHopeless).toBe(true);
});

test('it tries for ever, and counts from one again once it was up', () => {
  const { link, sockets } = linkOf();
  expect(link.state.kind).toBe('connecting');
  sockets[0]?.open();
  for (let attempt = 1; attempt <= 50; attempt += 1) {
    sockets.at(-1)?.lose();
    expect(link.state).toMatchObject({ kind: 'waiting', attempt, retryAtMs: Date.now() + retryDelayMs(attempt) });
    vi.advanceTimersByTime(retryDelayMs(attempt) - 1);
    expect(link.state.kind).toBe('waiting');
    vi.advanceTimersByTime(1);
    expect(link.state).toEqual({ kind: 'retrying', attempt });
  }
  sockets.at(-1)?.open();
  expect(link.state.kind).toBe('live');
  sockets.at(-1)?.lose();
  expect(link.state).toMatchObject({ kind: 'waiting', attempt: 1 });
});

test('it need not wait', () => {
  const { link, sockets } = linkOf();
  sockets[0]?.lose();
  link.retryNow();
  expect(link.state).toEqual({ kind: 'retrying', attempt: 1 });
  expect(sockets).toHaveLength(2);
  vi.advanceTimersByTime(3_000);
  expect(sockets).toHaveLength(2);
  link.retryNow();
  expect(sockets).toHaveLength(2);
});

test('a socket that never opens is given up', () => {
  const { link, sockets } = linkOf();
  vi.advanceTimersByTime(10_000);
  expect(sockets[0]?.isClosed).toBe(true);
  expect(link.state.kind).toBe('waiting');
});

test('one that is stopped stays stopped', () => {
  const { link, sockets } = linkOf();
  sockets[0]?.open();
  link.stop();
  vi.advanceTimersByTime(600_000);
  expect(sockets).toHaveLength(1);
  expect(sockets[0]?.isClosed).toBe(true);
});
