// What the page knows through losses, errors and repeats.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import type { Ask } from '../src/api/http';
import type { AnomalyEdge, SystemStats } from '../src/api/operations';
import { Feed } from '../src/live/feed';
import { fakeTransport } from './fake-transport';
import { SITE, STATS, edge } from './plant';

beforeEach(() => {
  vi.useFakeTimers();
  // In the middle of the jitter.
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** What the server answers over HTTP; null if it does not. */
interface Answers {
  history: AnomalyEdge[];
  poll: { stats: SystemStats; edges: AnomalyEdge[] } | null;
  now: (AnomalyEdge['node'] | null)[];
}

/** A feed whose first socket is open and whose history is loaded. */
async function feedWith(history: AnomalyEdge[]) {
  const { open, sockets } = fakeTransport();
  const answers: Answers = { history, poll: null, now: [] };
  const answer = async (document: unknown, variables: unknown): Promise<unknown> => {
    const text = String(document);
    if (text.includes('query History')) {
      return { sites: [SITE], anomalies: { edges: answers.history }, systemStats: { ...STATS, totalReadings: 1 } };
    }
    if (text.includes('query AnomaliesNow')) return { nodes: answers.now };
    if (text.includes('query Poll') && answers.poll) {
      polledAfter.push((variables as { cursor: string }).cursor);
      return { anomalies: { edges: answers.poll.edges }, systemStats: answers.poll.stats };
    }
    throw new Error('The server does not answer.');
  };
  const ask = vi.fn(answer);
  const polledAfter: string[] = [];
  const heard: string[] = [];
  const feed = new Feed(open, ask as Ask, {
    changed: () => {},
    opened: ({ cursor }) => heard.push(cursor),
    closed: ({ id }) => heard.push(`${id} is over`),
  });
  feed.start();
  sockets[0]?.open();
  await vi.advanceTimersByTimeAsync(0);
  const socket = () => sockets.at(-1)!;
  const push = (stats: Partial<SystemStats>) =>
    socket().operation('Stats').sink.next({ data: { statsUpdates: { ...STATS, ...stats } } });
  const find = (cursor: string) =>
    socket().operation('Anomalies').sink.next({ data: { anomalyDetected: edge(cursor) } });
  const asked = (name: string) => ask.mock.calls.filter(([document]) => String(document).includes(`query ${name}`)).length;
  return { feed, answers, asked, sockets, socket, push, find, heard, polledAfter };
}

const cursors = (feed: Feed) => feed.trail.list.map(({ cursor }) => cursor).join('');
const FAILURE = { data: null, errors: [{ message: 'the database is busy' }] };

describe('a lost link', () => {
  test('keeps the figures, and after a second says that they are not of now', async () => {
    const { feed, push, socket } = await feedWith([]);
    push({ totalReadings: 7 });
    socket().lose();
    await vi.advanceTimersByTimeAsync(999);
    expect(feed.isCutOff).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect(feed.isCutOff).toBe(true);
    await vi.advanceTimersByTimeAsync(2_000);
    socket().open();
    push({ totalReadings: 8 });
    expect(feed.received?.stats.totalReadings).toBe(8);
  });

  test('goes on after the last anomaly seen', async () => {
    const { feed, find, socket, asked, heard } = await feedWith([edge('a'), edge('b')]);
    expect(socket().operation('Anomalies').request.variables).toEqual({ cursor: 'b' });
    find('c');
    socket().lose();
    await vi.advanceTimersByTimeAsync(3_000);
    socket().open();
    expect(socket().operation('Anomalies').request.variables).toEqual({ cursor: 'c' });
    find('c');
    find('d');
    expect(cursors(feed)).toBe('abcd');
    expect(heard).toEqual(['c', 'd']);
    expect(asked('History')).toBe(1);
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
    ask.mockResolvedValue({ sites: [SITE], anomalies: { edges: [edge('a')] }, systemStats: STATS });
    const feed = new Feed(open, ask, { changed: () => {}, opened: () => {}, closed: () => {} });
    feed.start();
    sockets[0]?.open();
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.trail).toMatchObject({ error: 'The server does not answer.', isLoaded: false });
    expect(feed.zone).toBe('UTC');
    await vi.advanceTimersByTimeAsync(3_000);
    expect(feed.trail).toMatchObject({ error: null, isLoaded: true });
    expect(feed.zone).toBe('Europe/Berlin');
    expect(sockets[0]?.operation('Anomalies').request.variables).toEqual({ cursor: 'a' });
  });

  test('of a plant without anomalies leaves none out that comes right after it', async () => {
    const { socket } = await feedWith([]);
    expect(socket().operation('Anomalies').request.variables).toEqual({ cursor: '0' });
  });

  test('is read anew where the database is another one', async () => {
    const { feed, socket, answers } = await feedWith([edge('y'), edge('z')]);
    answers.history = [edge('a')];
    const error = { message: 'begin anew', extensions: { code: 'INVALID_CURSOR' } };
    socket().operation('Anomalies').sink.error([error]);
    await vi.advanceTimersByTimeAsync(0);
    expect(cursors(feed)).toBe('a');
    expect(socket().operation('Anomalies').request.variables).toEqual({ cursor: 'a' });
  });
});

test('a quiet anomaly that is taken back goes within a minute, and the subscription goes on after it', async () => {
  const quiet = edge('b', { isQuiet: true });
  const { feed, answers, asked, heard, socket } = await feedWith([edge('a'), quiet]);
  expect(asked('AnomaliesNow')).toBe(0);
  answers.now = [quiet.node];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked('AnomaliesNow')).toBe(1);
  expect(cursors(feed)).toBe('ab');
  answers.now = [null];
  await vi.advanceTimersByTimeAsync(60_000);
  expect(cursors(feed)).toBe('a');
  expect(heard).toEqual([]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(asked('AnomaliesNow'), 'with none left there is nothing to ask').toBe(2);
  socket().lose();
  await vi.advanceTimersByTimeAsync(3_000);
  socket().open();
  expect(socket().operation('Anomalies').request.variables).toEqual({ cursor: 'b' });
});

describe('without a socket for long', () => {
  type Plant = Awaited<ReturnType<typeof feedWith>>;

  /** Lets the next attempts fail. */
  async function fail({ socket, sockets }: Plant, attempts: number) {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const before = sockets.length;
      while (sockets.length === before) await vi.advanceTimersByTimeAsync(1_000);
      socket().lose();
    }
    await vi.advanceTimersByTimeAsync(0);
  }

  test('the figures are polled every half minute, and anomalies go on after the last one', async () => {
    const plant = await feedWith([edge('a')]);
    plant.push({});
    const stats = { ...STATS, asOf: '2026-11-24T08:01:05Z', totalReadings: 8 };
    plant.answers.poll = { stats, edges: [edge('b')] };
    plant.socket().lose();
    await fail(plant, 4);
    expect(plant.asked('Poll')).toBe(0);
    await fail(plant, 1);
    expect(plant.asked('Poll')).toBe(1);
    expect(plant.feed.facts.isPolling).toBe(true);
    expect(plant.feed.received?.stats.totalReadings).toBe(8);
    expect(plant.heard).toEqual(['b']);
    await vi.advanceTimersByTimeAsync(29_999);
    expect(plant.asked('Poll')).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(plant.polledAfter).toEqual(['a', 'b']);
    expect(plant.heard, 'none twice').toEqual(['b']);
  });

  test('it is still tried, and polling ends with the first success', async () => {
    const plant = await feedWith([]);
    plant.answers.poll = { stats: STATS, edges: [] };
    plant.socket().lose();
    await fail(plant, 5);
    const before = plant.sockets.length;
    await vi.advanceTimersByTimeAsync(30_000);
    expect(plant.sockets.length).toBe(before + 1);
    plant.socket().open();
    const asked = plant.asked('Poll');
    await vi.advanceTimersByTimeAsync(300_000);
    expect(plant.asked('Poll')).toBe(asked);
    expect(plant.feed.facts.isPolling).toBe(false);
  });

  test('a poll that fails invents nothing', async () => {
    const plant = await feedWith([]);
    plant.push({ totalReadings: 7 });
    const { received } = plant.feed;
    plant.socket().lose();
    await fail(plant, 5);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(plant.feed.received).toBe(received);
  });
});

describe('waking up', () => {
  test('a lost link is tried at once', async () => {
    const { feed, sockets, socket } = await feedWith([]);
    socket().lose();
    feed.wake(false);
    expect(sockets).toHaveLength(2);
  });

  test('a link that has brought nothing for long is replaced, one that lives is not', async () => {
    const { feed, sockets, push } = await feedWith([]);
    push({});
    await vi.advanceTimersByTimeAsync(9_000);
    feed.wake(false);
    expect(sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1_001);
    feed.wake(false);
    expect(sockets).toHaveLength(2);
  });

  test('on another network the link is replaced whatever it brought', async () => {
    const { feed, sockets, push } = await feedWith([]);
    push({});
    feed.wake(true);
    expect(sockets).toHaveLength(2);
    expect(sockets[0]?.isClosed).toBe(true);
  });
});

describe('the end of an anomaly', () => {
  const changed = (status: 'RESOLVED' | 'ACKNOWLEDGED') => {
    const anomaly = edge('a', { status }).node;
    return { data: { anomalyChanged: { cursor: '7', node: { kind: status, anomaly } } } };
  };

  test('is pushed from the first socket on, said once, and never asked for', async () => {
    const { feed, asked, heard, socket } = await feedWith([edge('a'), edge('b', { status: 'RESOLVED' })]);
    socket().operation('Changes').sink.next(changed('RESOLVED'));
    expect(heard).toEqual(['anomaly-a is over']);
    expect(feed.trail.list[0]?.node.status).toBe('RESOLVED');
    socket().operation('Changes').sink.next(changed('RESOLVED'));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(heard).toHaveLength(1);
    expect(asked('AnomaliesNow')).toBe(0);
  });

  test('is noticed after a loss as well', async () => {
    const { answers, heard, socket } = await feedWith([edge('a')]);
    answers.now = [edge('a', { status: 'RESOLVED' }).node];
    socket().lose();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(heard).toEqual(['anomaly-a is over']);
  });

  test('is no news where somebody only acknowledges', async () => {
    const { heard, socket } = await feedWith([edge('a')]);
    socket().operation('Changes').sink.next(changed('ACKNOWLEDGED'));
    expect(heard).toEqual([]);
  });
});

describe('what was kept quiet at first', () => {
  const announced = (cursor: string) => {
    const { node } = edge(cursor);
    return { data: { anomalyChanged: { cursor: '7', node: { kind: 'ANNOUNCED', anomaly: node } } } };
  };

  test('is told once when it is announced, though it was never pushed', async () => {
    const { feed, answers, heard, socket } = await feedWith([edge('a')]);
    answers.history = [edge('a'), edge('b')];
    socket().operation('Changes').sink.next(announced('b'));
    await vi.advanceTimersByTimeAsync(0);
    expect(cursors(feed)).toBe('ab');
    expect(heard).toEqual(['b']);
    socket().operation('Changes').sink.next(announced('b'));
    await vi.advanceTimersByTimeAsync(0);
    expect(heard).toEqual(['b']);
  });

  test('is told too where the page knows it', async () => {
    const { feed, heard, asked, socket } = await feedWith([edge('a', { isQuiet: true })]);
    socket().operation('Changes').sink.next(announced('a'));
    await vi.advanceTimersByTimeAsync(0);
    expect(feed.trail.list[0]?.node.isQuiet).toBe(false);
    expect(heard).toEqual(['a']);
    expect(asked('History')).toBe(1);
  });

  test('is told without a socket as well', async () => {
    const { answers, heard, socket } = await feedWith([edge('a', { isQuiet: true })]);
    answers.now = [edge('a').node];
    socket().lose();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(heard).toEqual(['a']);
  });
});
