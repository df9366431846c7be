// Asking again and again, for as long as an element stands in the page and somebody looks.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';

import { Polling } from '../src/components/polling';
import type { Keep } from '../src/components/polling';

const EVERY_MS = 5_000;
const page = Object.assign(new EventTarget(), { hidden: false });

beforeEach(() => {
  vi.useFakeTimers();
  page.hidden = false;
  vi.stubGlobal('document', page);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** An element that polls, standing in the page; each question waits for its answer. */
function elementOf() {
  const kept: string[] = [];
  const questions: { answer: (text: string) => Promise<void>; fail: (message: string) => Promise<void> }[] = [];
  const bring = async (keep: Keep): Promise<void> => {
    const text = await new Promise<string>((resolve, reject) => {
      const settle = async () => void (await vi.advanceTimersByTimeAsync(0));
      questions.push({
        answer: (answer) => (resolve(answer), settle()),
        fail: (message) => (reject(new Error(message)), settle()),
      });
    });
    keep(() => kept.push(text));
  };
  let updates = 0;
  const host: ReactiveControllerHost = {
    addController: () => {},
    removeController: () => {},
    // As Lit does: once, after what is under way.
    requestUpdate: () => void (++updates, queueMicrotask(() => (polling as ReactiveController).hostUpdate?.())),
    updateComplete: Promise.resolve(true),
  };
  const polling: Polling = new Polling(host, bring, () => EVERY_MS);
  const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
  return { polling, kept, questions, pass, updates: () => updates };
}

test('asks once it is in the page, and again after each answer, until it leaves', async () => {
  const { polling, kept, questions, pass } = elementOf();
  polling.hostConnected();
  polling.again();
  await pass(60_000);
  expect(questions).toHaveLength(1);
  await questions[0]!.answer('first');
  await pass(EVERY_MS - 1);
  expect(questions).toHaveLength(1);
  await pass(2);
  expect(questions).toHaveLength(2);
  polling.hostDisconnected();
  await questions[1]!.answer('too late');
  await pass(60_000);
  expect(questions).toHaveLength(2);
  expect(kept).toEqual(['first']);
  polling.hostConnected();
  await pass(0);
  expect(questions).toHaveLength(3);
});

test('a late answer changes nothing, and neither does a late failure', async () => {
  const { polling, kept, questions, pass } = elementOf();
  polling.hostConnected();
  await pass(0);
  polling.again();
  await pass(0);
  polling.again();
  await pass(0);
  await questions[2]!.answer('present');
  await questions[0]!.answer('late');
  await questions[1]!.fail('late');
  expect(kept).toEqual(['present']);
  expect(polling.error).toBeNull();
});

test('a failure is said until an answer comes, and ages grow meanwhile', async () => {
  const { polling, questions, pass, updates } = elementOf();
  polling.hostConnected();
  await pass(0);
  await questions[0]!.answer('first');
  const answeredAtMs = Date.now();
  await pass(EVERY_MS + 1);
  expect(polling.nowMs).toBe(answeredAtMs);
  const before = updates();
  await questions[1]!.fail('The server does not answer.');
  expect(polling.error).toBe('The server does not answer.');
  expect(updates()).toBe(before + 1);
  expect(polling.nowMs).toBe(Date.now());
  await pass(EVERY_MS + 1);
  await questions[2]!.answer('again');
  expect(polling.error).toBeNull();
  expect(polling.nowMs).toBe(Date.now());
});

test('asks nothing while nobody looks, and at once when somebody does', async () => {
  const { polling, questions, pass } = elementOf();
  polling.hostConnected();
  await pass(0);
  await questions[0]!.answer('first');
  page.hidden = true;
  await pass(60_000);
  expect(questions).toHaveLength(1);
  page.hidden = false;
  page.dispatchEvent(new Event('visibilitychange'));
  await pass(0);
  expect(questions).toHaveLength(2);
  page.dispatchEvent(new Event('visibilitychange'));
  await pass(0);
  expect(questions).toHaveLength(2);
});
