// Which pop-ups are shown, and what is read out.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

import { ToastBoard } from '../src/live/toast-board';
import { NO_TOASTS, SHOWN_TOASTS, announcementOf, toastOf, unexpired, withToast, withoutToast } from '../src/live/toasts';
import type { Toasts } from '../src/live/toasts';
import { edge } from './plant';

const warning = (cursor: string) => edge(cursor).node;
const critical = (cursor: string) => edge(cursor, { severity: 'CRITICAL' }).node;
const resolved = (cursor: string) => edge(cursor, { status: 'RESOLVED' }).node;
const ids = ({ shown }: Toasts) => shown.map(({ anomaly }) => anomaly.id.replace('anomaly-', '')).join('');

describe('the stack', () => {
  test('is limited, and counts what it does not show', () => {
    let toasts = NO_TOASTS;
    for (let n = 1; n <= 300; n += 1) toasts = withToast(toasts, toastOf(warning(String(n)), false, 0));
    expect(toasts.shown).toHaveLength(SHOWN_TOASTS);
    expect(toasts.more).toBe(296);
    expect(toasts.shown.at(-1)?.anomaly.id).toBe('anomaly-300');
  });

  test('keeps the critical ones when there is no room', () => {
    let toasts = withToast(NO_TOASTS, toastOf(critical('c'), false, 0));
    for (const cursor of 'abdef') toasts = withToast(toasts, toastOf(warning(cursor), false, 0));
    expect(ids(toasts)).toBe('cdef');
    for (const cursor of 'wxyz') toasts = withToast(toasts, toastOf(critical(cursor), false, 0));
    expect(ids(toasts)).toBe('wxyz');
    expect(ids(withToast(toasts, toastOf(warning('q'), false, 0)))).toBe('wxyz');
  });

  test('shows the end in the place of the beginning', () => {
    const open = withToast(NO_TOASTS, toastOf(warning('a'), false, 0));
    const over = withToast(open, toastOf(resolved('a'), true, 0));
    expect(over.shown.map(({ isOver }) => isOver)).toEqual([true]);
    expect(over.more).toBe(0);
  });

  test('one can be dismissed, and the count begins anew when none is left', () => {
    let toasts = NO_TOASTS;
    for (const cursor of 'abcde') toasts = withToast(toasts, toastOf(warning(cursor), false, 0));
    expect(toasts.more).toBe(1);
    for (const { key } of toasts.shown) toasts = withoutToast(toasts, key);
    expect(toasts).toBe(NO_TOASTS);
  });

  test('a warning goes after ten seconds, a critical one after thirty', () => {
    let toasts = withToast(NO_TOASTS, toastOf(critical('c'), false, 0));
    toasts = withToast(toasts, toastOf(warning('w'), false, 0));
    expect(ids(unexpired(toasts, 9_999))).toBe('cw');
    expect(ids(unexpired(toasts, 10_000))).toBe('c');
    expect(unexpired(toasts, 30_000)).toBe(NO_TOASTS);
  });
});

describe('what is read out', () => {
  test('is a sentence for one, and a sum for many', () => {
    const one = toastOf(critical('a'), false, 0);
    expect(announcementOf([one])).toBe('New critical anomaly: press-1, Spike');
    const many = [one, toastOf(warning('b'), false, 0), toastOf(resolved('c'), true, 0)];
    expect(announcementOf(many)).toBe('2 new anomalies, 1 of them critical; 1 over.');
    expect(announcementOf([toastOf(resolved('c'), true, 0)])).toBe('Anomaly resolved: press-1, Spike');
  });
});

describe('the board', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('reads a burst out once', () => {
    const board = new ToastBoard(() => {});
    for (let n = 0; n < 300; n += 1) board.add(warning(String(n)), false);
    expect(board.announcement).toBe('');
    vi.advanceTimersByTime(500);
    expect(board.announcement).toBe('300 new anomalies, 0 of them critical.');
  });

  test('empties itself, but not under the pointer', () => {
    const board = new ToastBoard(() => {});
    board.add(warning('a'), false);
    board.hold(true);
    vi.advanceTimersByTime(60_000);
    expect(board.toasts.shown).toHaveLength(1);
    board.hold(false);
    vi.advanceTimersByTime(0);
    expect(board.toasts).toBe(NO_TOASTS);
    expect(vi.getTimerCount()).toBe(0);
  });
});
