// Counting up. Why by hand-turned frames: what matters is the last one, and that there is only one loop.

import { expect, test } from 'vitest';

import { Ticker } from '../src/motion/ticker';

function turnedByHand(isStill = false) {
  const callbacks: ((nowMs: number) => void)[] = [];
  const ticker = new Ticker({ request: (callback) => callbacks.push(callback), isStill: () => isStill });
  const turn = (nowMs: number) => callbacks.splice(0).forEach((callback) => callback(nowMs));
  return { ticker, callbacks, turn };
}

test('ends on exactly the value, whatever the steps before', () => {
  const { ticker, callbacks, turn } = turnedByHand();
  const drawn: number[] = [];
  ticker.tween({}, 0.1, 0.3, (value) => drawn.push(value));
  for (let nowMs = 0; callbacks.length > 0; nowMs += 16.7) turn(nowMs);
  expect(drawn.at(-1)).toBe(0.3);
  expect(drawn.length).toBeGreaterThan(30);
  expect(drawn).toEqual([...drawn].sort((a, b) => a - b));
  expect(drawn[0]).toBe(0.1);
});

test('many figures share one loop, which stops when all have arrived', () => {
  const { ticker, callbacks, turn } = turnedByHand();
  for (let figure = 0; figure < 16; figure += 1) ticker.tween({}, 0, figure + 1, () => {});
  expect(callbacks).toHaveLength(1);
  turn(0);
  expect(callbacks).toHaveLength(1);
  turn(10_000);
  expect(callbacks).toHaveLength(0);
});

test('a newer value replaces one on its way', () => {
  const { ticker, turn } = turnedByHand();
  const owner = {};
  const drawn: number[] = [];
  ticker.tween(owner, 0, 10, (value) => drawn.push(value));
  turn(0);
  ticker.tween(owner, 0, 20, (value) => drawn.push(value));
  turn(100);
  turn(10_000);
  expect(drawn).not.toContain(10);
  expect(drawn.at(-1)).toBe(20);
});

test('nothing moves for people who asked for that, or when nobody looks', () => {
  const { ticker, callbacks } = turnedByHand(true);
  const drawn: number[] = [];
  ticker.tween({}, 1, 2, (value) => drawn.push(value));
  expect(drawn).toEqual([2]);
  expect(callbacks).toHaveLength(0);
});
