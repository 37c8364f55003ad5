/**
 * Ways through a space of settings. A search is asked for points and told their scores; higher is better, NaN is worst. It never
 * asks for a point twice, and the same seed with the same scores asks for the same points.
 */

import { type Chance, chance, pick } from './random.ts';
import { type Axis, type Point, pointAt, pointKey, pointsOf } from './space.ts';

export interface Scored {
  readonly point: Point;
  readonly score: number;
}

export interface Search {
  /** Points that will be tried in all. */
  readonly total: number;
  /** The next points to try, none when it is over. Tell their scores before asking again. */
  ask(): readonly Point[];
  tell(scores: readonly Scored[]): void;
}

export type Method = 'grid' | 'random' | 'evolution';

/** A whole grid of more points than this is refused: random or evolution see it as well. */
export const gridMost = 1_000_000n;
/** Points that are asked for at once, so that a sweep can be stopped in between. */
const portion = 2048;

const asScore = (score: number): number => (Number.isNaN(score) ? Number.NEGATIVE_INFINITY : score);

/** Every point, the last axis fastest. */
export function gridSearch(axes: readonly Axis[]): Search {
  const total = Number(pointsOf(axes));
  let next = 0;
  return {
    total,
    ask: () => {
      const points = Array.from({ length: Math.min(portion, total - next) }, (_, i) => pointAt(axes, next + i));
      next += points.length;
      return points;
    },
    tell: () => {},
  };
}

/** Chooses points that were not chosen before; when chance keeps hitting old ones, the next free one in order. */
class Fresh {
  readonly #axes: readonly Axis[];
  readonly #next: Chance;
  readonly #seen = new Set<string>();
  readonly #space: number;
  #inOrder = 0;

  constructor(axes: readonly Axis[], next: Chance) {
    this.#axes = axes;
    this.#next = next;
    this.#space = Number(pointsOf(axes));
  }

  /** The point if it is new, else undefined. */
  take(point: Point): Point | undefined {
    const key = pointKey(point);
    if (this.#seen.has(key)) return undefined;
    this.#seen.add(key);
    return point;
  }

  random(): Point | undefined {
    for (let tries = 0; tries < 50; tries++) {
      const point = this.take(this.#axes.map(({ values }) => pick(this.#next, values.length)));
      if (point !== undefined) return point;
    }
    while (this.#inOrder < this.#space) {
      const point = this.take(pointAt(this.#axes, this.#inOrder++));
      if (point !== undefined) return point;
    }
    return undefined;
  }
}

const within = (axes: readonly Axis[], trials: number): number => {
  const all = pointsOf(axes);
  return all < BigInt(trials) ? Number(all) : trials;
};

/** `trials` different points, evenly by chance. */
export function randomSearch(axes: readonly Axis[], trials: number, seed: number): Search {
  const fresh = new Fresh(axes, chance(seed));
  const total = within(axes, trials);
  let asked = 0;
  return {
    total,
    ask: () => {
      const points: Point[] = [];
      while (points.length < portion && asked < total) {
        points.push(fresh.random() as Point);
        asked += 1;
      }
      return points;
    },
    tell: () => {},
  };
}

const weight = 0.7;
const crossing = 0.9;

/**
 * Differential evolution (Storn and Price 1997, DE/rand/1/bin) on the lattice of indices: a trial is a + F (b - c) of three
 * others of the population, crossed with its parent, rounded and kept inside; it replaces the parent when it is no worse.
 * A trial that was tried before gives way to a point by chance, so the budget is spent on new ones.
 */
export function evolutionSearch(axes: readonly Axis[], trials: number, seed: number): Search {
  const next = chance(seed);
  const fresh = new Fresh(axes, next);
  const total = within(axes, trials);
  const size = Math.max(4, Math.min(total, 10 * axes.length + 10));
  const population: { point: Point; score: number }[] = [];
  let asked = 0;
  /** Whose place each asked point wants. */
  let parents: number[] = [];

  const trial = (parent: number): Point | undefined => {
    const others = [0, 1, 2].map(() => (population[pick(next, population.length)] as Scored).point) as [Point, Point, Point];
    const [a, b, c] = others;
    const sure = pick(next, axes.length);
    const old = (population[parent] as Scored).point;
    const point = axes.map(({ values }, i) => {
      if (i !== sure && next() > crossing) return old[i] as number;
      const moved = Math.round((a[i] as number) + weight * ((b[i] as number) - (c[i] as number)));
      return Math.max(0, Math.min(values.length - 1, moved));
    });
    return fresh.take(point) ?? fresh.random();
  };

  return {
    total,
    ask: () => {
      const points: Point[] = [];
      parents = [];
      const first = population.length === 0;
      for (let i = 0; i < size && asked < total; i++) {
        const point = first ? fresh.random() : trial(i % population.length);
        if (point === undefined) break;
        points.push(point);
        parents.push(i);
        asked += 1;
      }
      return points;
    },
    tell: (scores) => {
      for (const [i, { point, score }] of scores.entries()) {
        const mine = { point, score: asScore(score) };
        const parent = population[parents[i] as number];
        if (parent === undefined) population.push(mine);
        else if (mine.score >= parent.score) population[parents[i] as number] = mine;
      }
    },
  };
}
