// What the page knows through losses, errors and repeats.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { AnomalyEdge, SystemStats } from '../src/api/operations';
import { Feed } from '../src/live/feed';
import { fakeTransport } from './fake-transport';
import { STATS, edge } from './plant';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A feed whose first socket is open and whose history is loaded. */
async function feedWith(history: AnomalyEdge[]) {
  const { open, sockets } = fakeTransport();
  const ask = vi.fn(async () => ({ anomalies: { edges: history }, systemStats: { ...STATS, totalReadings: 1 } }));
  const feed = new Feed(open, ask, () => {});
  feed.start();
  sockets[0]?.open();
  await vi.advanceTimersByTimeAsync(0);
  const socket = () => sockets.at(-1)!;
  const push = (stats: Partial<SystemStats>) =>
    socket().operation('Stats').sink.next({ data: { statsUpdates: { ...STATS, ...stats } } });
  const find = (cursor: string) =>
    socket().operation('Anomalies').sink.next({ data: { anomalyDetected: edge(cursor) } });
  return { feed, ask, sockets, socket, push, find };
}

const cursors = (feed: Feed) => feed.trail.list.map(({ cursor }) => cursor).join('');
const FAILURE = { data: null, errors: [{ message: 'the database is busy' }] };

describe('a lost link', () => {
  test('keeps the figures, and after a second says that they are not of now', async () => {
    const { feed, push, socket } = await feedWith([]);
    push({ totalReadings: 7 });
    expect(feed.isCurrent).toBe(true);
    socket().lose();
    await vi.advanceTimersByTimeAsync(999);
    expect(feed.isCutOff).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(feed.isCutOff).toBe(true);
    expect(feed.isCurrent).toBe(false);
    await vi.advanceTimersByTimeAsync(2_000);
    socket().open();
    push({ totalReadings: 8 });
    expect(feed.isCurrent).toBe(true);
    expect(feed.received?.stats.totalReadings).toBe(8);
  });

  test('goes on after the last anomaly seen', async () => {
    const { feed, find, socket, ask } = await feedWith([edge('a'), edge('b')]);
    expect(socket().operation('Anomalies').request.variables).toEqual({ cursor: 'b' });
    find('c');
    socket().lose();
    await vi.advanceTimersByTimeAsync(3_000);
    socket().open();
    expect(socket().operation('Anomalies').request.variables).toEqual({ cursor: 'c' });
    find('c');
    find('d');
    expect(cursors(feed)).toBe('abcd');
    expect(ask).toHaveBeenCalledTimes(1);
  });

  test('its silence is not taken for the interval between updates', async () => {
    const { feed, push, socket } = await feedWith([]);
    push({});
    await vi.advanceTimersByTimeAsync(5_000);
    push({});
    socket().lose();
    await vi.advanceTimersByTimeAsync(3_000);
    socket().open();
    await vi.advanceTimersByTimeAsync(60_000);
    push({});
    expect(feed.longestGapMs).toBe(5_000);
  });

  test('a late word of an old socket is not heard', async () => {
    const { feed, push, sockets, socket } = await feedWith([]);
    push({ totalReadings: 7 });
    socket().lose();
    await vi.advanceTimersByTimeAsync(3_000);
    sockets[0]!.operation('Stats').sink.next({ data: { statsUpdates: { ...STATS, totalReadings: 0 } } });
    expect(feed.received?.stats.totalReadings).toBe(7);
  });
});

describe('an error of the server', () => {
  test('is shown as its sentence until figures come again', async () => {
    const { feed, push, socket } = await feedWith([]);
    push({});
    socket().operation('Stats').sink.next(FAILURE);
    expect(feed.statsError).toBe('The database is busy.');
    expect(feed.isCurrent).toBe(false);
    expect(feed.received?.stats.totalReadings).toBe(STATS.totalReadings);
    push({});
    expect(feed.statsError).toBeNull();
  });

  test.each(['error', 'complete'] as const)('%s: the subscription is started again, and only that', async (end) => {
    const { sockets, socket, push } = await feedWith([]);
    const { sink } = socket().operation('Stats');
    if (end === 'error') sink.error(FAILURE.errors);
    else sink.complete();
    const stats = () => socket().operations.filter(({ request }) => request.query.includes('subscription Stats'));
    await vi.advanceTimersByTimeAsync(2_999);
    expect(stats()).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(stats()).toHaveLength(2);
    push({});
    expect(sockets).toHaveLength(1);
  });
});

describe('the history', () => {
  test('brings figures that count only until the first update', async () => {
    const { feed, push } = await feedWith([]);
    expect(feed.received?.stats.totalReadings).toBe(1);
    push({ totalReadings: 7 });
    expect(feed.received?.stats.totalReadings).toBe(7);
  });

  test('is asked for again when it fails, and its sentence shown meanwhile', async () => {
    const { open, sockets } = fakeTransport();
    const ask = vi.fn().mockRejectedValueOnce(new Error('The server does not answer.'));
    ask.mockResolvedValue({ anomalies: { edges: [edge('a')] }, systemStats: STATS });
    const feed = new Feed(open, ask, () => {});
    feed.start();
    sockets[0]?.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.trail).toMatchObject({ error: 'The server does not answer.', isLoaded: false });
    await vi.advanceTimersByTimeAsync(3_000);
    expect(feed.trail).toMatchObject({ error: null, isLoaded: true });
    expect(sockets[0]?.operation('Anomalies').request.variables).toEqual({ cursor: 'a' });
  });

  test('is read again when a first anomaly slipped between it and the subscription', async () => {
    const history: AnomalyEdge[] = [];
    const { feed, push, find } = await feedWith(history);
    history.push(edge('a'));
    push({ totalAnomalies: 1 });
    find('b');
    await vi.advanceTimersByTimeAsync(0);
    expect(cursors(feed)).toBe('ab');
  });
});
