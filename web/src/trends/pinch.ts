// Two fingers on a chart: apart and together they zoom, side by side they move it. Why two: one finger scrolls the page,
// and a chart that fills a phone must not hold it fast.

export interface PinchEvents {
  /** What is shown now. */
  range(): readonly [number, number];
  /** The stretch under the fingers, while they move. */
  preview(range: [number, number]): void;
  /** They have left. */
  end(): void;
}

/** Fingers that are nearer to each other cross, or are one. */
const LEAST_GAP_PX = 16;

/**
 * The stretch that keeps under each finger the instant that it was put on. Positions are of the left edge, in pixels of
 * a chart so many wide.
 */
export function pinched(
  [fromMs, toMs]: readonly [number, number],
  before: readonly [number, number],
  now: readonly [number, number],
  widthPx: number,
): [number, number] {
  const msOfPixel = (toMs - fromMs) / widthPx;
  const ordered = (pair: readonly [number, number]) => (pair[0] <= pair[1] ? pair : ([pair[1], pair[0]] as const));
  const [[left, right], [leftNow, rightNow]] = [ordered(before), ordered(now)];
  const gap = (from: number, to: number) => Math.max(LEAST_GAP_PX, to - from);
  const msOfPixelNow = (msOfPixel * gap(left, right)) / gap(leftNow, rightNow);
  const begin = fromMs + msOfPixel * left - msOfPixelNow * leftNow;
  return [begin, begin + msOfPixelNow * widthPx];
}

/** Listens on the part of the chart that holds its lines. The listeners go with the element. */
export function watchPinch(area: HTMLElement, events: PinchEvents): void {
  let begun: { readonly at: readonly [number, number]; readonly range: readonly [number, number] } | null = null;
  const positions = ({ touches }: TouchEvent): [number, number] => {
    const { left } = area.getBoundingClientRect();
    return [touches[0]!.clientX - left, touches[1]!.clientX - left];
  };
  const isTwo = (event: TouchEvent) => event.touches.length === 2;
  // A page that is being scrolled cannot be held.
  const hold = (event: TouchEvent) => {
    if (event.cancelable) event.preventDefault();
  };
  const end = () => {
    if (!begun) return;
    begun = null;
    events.end();
  };
  const start = (event: TouchEvent) => {
    end();
    if (!isTwo(event)) return;
    hold(event);
    begun = { at: positions(event), range: events.range() };
  };
  const move = (event: TouchEvent) => {
    if (!begun || !isTwo(event)) return;
    hold(event);
    events.preview(pinched(begun.range, begun.at, positions(event), area.clientWidth));
  };
  // Not passive: the browser would scroll or zoom the page as well.
  area.addEventListener('touchstart', start, { passive: false });
  area.addEventListener('touchmove', move, { passive: false });
  area.addEventListener('touchend', end);
  area.addEventListener('touchcancel', end);
}
