// Counts figures up to their new values. Why one loop for all: sixteen loops would lay out the page sixteen times a
// frame, and none runs while nothing moves.

/** How long a figure takes to its new value: shorter than the shortest sensible push interval. */
const DURATION_MS = 900;

/** The browser's part, replaced in tests. */
export interface Frames {
  request(callback: (nowMs: number) => void): void;
  /** People who asked for less motion, and pages that nobody sees, get the new value at once. */
  isStill(): boolean;
}

interface Tween {
  readonly from: number;
  readonly to: number;
  readonly draw: (value: number) => void;
  /** Time of its first frame; null before it. */
  startMs: number | null;
}

export class Ticker {
  private readonly tweens = new Map<object, Tween>();
  private isRequested = false;

  constructor(private readonly frames: Frames) {}

  /** Draws from one value to another; the last value drawn is exactly `to`. A newer tween of the same owner replaces. */
  tween(owner: object, from: number, to: number, draw: (value: number) => void): void {
    this.tweens.delete(owner);
    if (from === to || this.frames.isStill()) {
      draw(to);
      return;
    }
    this.tweens.set(owner, { from, to, draw, startMs: null });
    this.next();
  }

  isMoving(owner: object): boolean {
    return this.tweens.has(owner);
  }

  drop(owner: object): void {
    this.tweens.delete(owner);
  }

  private next(): void {
    if (this.isRequested) return;
    this.isRequested = true;
    this.frames.request((nowMs) => this.frame(nowMs));
  }

  private frame(nowMs: number): void {
    this.isRequested = false;
    for (const [owner, tween] of this.tweens) {
      tween.startMs ??= nowMs;
      const progress = (nowMs - tween.startMs) / DURATION_MS;
      if (progress >= 1) {
        this.tweens.delete(owner);
        tween.draw(tween.to);
      } else {
        tween.draw(tween.from + (tween.to - tween.from) * easeOut(progress));
      }
    }
    if (this.tweens.size > 0) this.next();
  }
}

function easeOut(progress: number): number {
  return 1 - (1 - progress) ** 3;
}

const lessMotion = globalThis.matchMedia?.('(prefers-reduced-motion: reduce)');

/** People who asked for less motion, and pages that nobody sees, are spared it. */
export const isStill = (): boolean => document.hidden || lessMotion?.matches === true;

/** The page's one loop. */
export const ticker = new Ticker({
  request: (callback) => {
    requestAnimationFrame(callback);
  },
  isStill,
});
