/** Drawings as inline SVG: no script, colours from the page's own style. */
import { niceStep } from '../metrics/distribution.ts';

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
export const escaped = (text: string): string => text.replace(/[&<>"']/g, (letter) => escapes[letter] ?? letter);

/** Where values lie in a drawing. */
export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const frame = (height: number): Frame => ({ width: 1000, height, left: 8, right: 78, top: 12, bottom: 26 });

/** Two decimals are below a pixel. */
export const at = (value: number): string => String(Math.round(value * 100) / 100);

export interface Scale {
  (value: number): number;
  readonly from: number;
  readonly to: number;
}

function linear(from: number, to: number, start: number, end: number): Scale {
  const span = to > from ? to - from : 1;
  return Object.assign((value: number) => start + ((value - from) / span) * (end - start), { from, to });
}

export const across = ({ width, left, right }: Frame, from: number, to: number): Scale => linear(from, to, left, width - right);
export const upward = ({ height, top, bottom }: Frame, from: number, to: number): Scale => linear(from, to, height - bottom, top);

/** Least and largest of many, with `margin` of the span added on both sides. */
export function extent(values: Iterable<number>, margin = 0.05): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(low <= high)) return [0, 1];
  const room = high > low ? (high - low) * margin : Math.abs(high) * margin || 1;
  return [low - room, high + room];
}

/** Round values inside a scale, about `most` of them. */
export function ticksOf({ from, to }: Scale, most = 5): readonly number[] {
  if (!(to > from)) return [];
  const step = niceStep((to - from) / most);
  const ticks: number[] = [];
  for (let tick = Math.ceil(from / step); tick * step <= to; tick += 1) ticks.push(tick * step);
  return ticks;
}

/** Lines across with their values at the right. */
export function valueAxis(box: Frame, scale: Scale, text: (value: number) => string): string {
  return ticksOf(scale)
    .map((tick) => {
      const y = at(scale(tick));
      return `<path class="grid" d="M${box.left} ${y}H${box.width - box.right}"/><text x="${box.width - box.right + 8}" y="${y}" dy=".32em">${escaped(text(tick))}</text>`;
    })
    .join('');
}

const hour = 3_600_000;
const day = 24 * hour;
const fixedSteps = [60_000, 300_000, 900_000, hour, 3 * hour, 6 * hour, 12 * hour, day, 2 * day, 7 * day, 14 * day];

/** Beginnings of months, every `every` of them. */
function monthStarts(from: number, to: number, every: number): readonly number[] {
  const first = new Date(from);
  const times: number[] = [];
  for (let month = first.getUTCMonth(); ; month += 1) {
    const time = Date.UTC(first.getUTCFullYear(), month, 1);
    if (time > to) return times;
    if (time >= from && month % every === 0) times.push(time);
  }
}

function timeTicks(from: number, to: number, most: number): readonly number[] {
  const step = fixedSteps.find((length) => (to - from) / length <= most);
  if (step === undefined)
    return monthStarts(from, to, [1, 2, 3, 6, 12, 24].find((it) => (to - from) / (30 * day * it) <= most) ?? 60);
  const times: number[] = [];
  for (let time = Math.ceil(from / step) * step; time <= to; time += step) times.push(time);
  return times;
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

function tickText(time: number, span: number): string {
  const date = new Date(time);
  if (time % day !== 0) return date.toISOString().slice(11, 16);
  const month = months[date.getUTCMonth()]!;
  if (span > 100 * day && date.getUTCDate() === 1) return `${month} ${date.getUTCFullYear()}`;
  return `${date.getUTCDate()} ${month}`;
}

/** Text at an edge is drawn inwards. */
export const anchorOf = ({ width, left, right }: Frame, x: number): 'start' | 'middle' | 'end' =>
  x < left + 30 ? 'start' : x > width - right - 30 ? 'end' : 'middle';

/** Times below, with short strokes. */
export function timeAxis(box: Frame, scale: Scale, most = 8): string {
  const y = box.height - box.bottom;
  return timeTicks(scale.from, scale.to, most)
    .map((time) => {
      const x = at(scale(time));
      return `<path class="stroke" d="M${x} ${y}v5"/><text x="${x}" y="${y + 18}" text-anchor="${anchorOf(box, scale(time))}">${tickText(time, scale.to - scale.from)}</text>`;
    })
    .join('');
}

export const polyline = (points: readonly (readonly [x: number, y: number])[]): string =>
  points.map(([x, y], index) => `${index === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`).join('');

/** Parts that are cut off at the edges of the plot. */
export function cut({ width, height, left, right, top, bottom }: Frame, ...parts: readonly string[]): string {
  const [wide, high] = [width - left - right, height - top - bottom];
  return `<svg x="${left}" y="${top}" width="${wide}" height="${high}" viewBox="${left} ${top} ${wide} ${high}">${parts.join('')}</svg>`;
}

/** `title` is read out in place of the drawing. */
export const drawing = (box: Frame, title: string, ...parts: readonly string[]): string =>
  `<div class="drawing"><svg viewBox="0 0 ${box.width} ${box.height}" role="img" aria-label="${escaped(title)}">${parts.join('')}</svg></div>`;
