/**
 * Conditions: indicators compared with numbers or lines on closed candles of a time frame, windows of time, signals from outside,
 * put together with all, any and not.
 *
 *   C1  A condition has no truth (`undefined`) until every indicator in it has seen enough candles; nothing starts on it.
 *   C2  Truth changes only when a candle closes, a window opens or ends, or a signal comes.
 *   C3  A crossing is true for the one candle on which the value came to the other side.
 */

import { type IndicatorName, kindOf } from './registry.ts';
import { settledAfter } from './settling.ts';
import { Aggregator, type Bar, type Timeframe, timeframeMs } from './timeframe.ts';

export type Comparison = 'less' | 'greater' | 'crossing-up' | 'crossing-down';
export const comparisons: readonly Comparison[] = ['less', 'greater', 'crossing-up', 'crossing-down'];

export type Condition =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Condition[] }
  | { readonly kind: 'not'; readonly of: Condition }
  | {
      readonly kind: 'indicator';
      readonly indicator: IndicatorName;
      /** In the order of the indicator's parameters; those left out have their usual values. */
      readonly parameters: readonly number[];
      readonly timeframe: Timeframe;
      /** The indicator's main line when left out. */
      readonly line?: string;
      readonly when: Comparison;
      /** A number, or another line of the same indicator. */
      readonly than: number | string;
    }
  /** Between two times of day (minutes since midnight, `from` included; over midnight when `to` is smaller), on days 0 Sunday to 6. */
  | {
      readonly kind: 'time-window';
      readonly days: readonly number[];
      readonly from: number;
      readonly to: number;
      /** IANA name, e.g. "Europe/Berlin". */
      readonly zone: string;
    }
  /** True from the arrival of the named signal for so many seconds. */
  | { readonly kind: 'signal'; readonly name: string; readonly seconds: number };

/** A condition that says something impossible. The message names the place. */
export class ConditionError extends Error {
  override readonly name = 'ConditionError';
  readonly code = 'condition-malformed';
}

type Truth = boolean | undefined;

interface Node {
  /** @param now unix ms */
  truth(now: number): Truth;
}

/** Follows one pair. Feed it every closed minute, in order. */
export class ConditionFollower {
  readonly #root: Node;
  readonly #frames: { readonly aggregator: Aggregator; readonly listeners: ((bar: Readonly<Bar>) => void)[] }[] = [];
  readonly #signals = new Map<string, number>();

  /** @throws ConditionError */
  constructor(condition: Condition) {
    this.#root = this.#build(condition, 'condition');
  }

  /**
   * Takes a closed minute.
   * @returns whether a candle closed that the condition looks at; one without indicators looks at every minute
   */
  push(minute: Readonly<Bar>): boolean {
    return this.pushTo(() => true, minute);
  }

  /** As `push`, but into those time frames only for which `isNew` says so: the others have it in their candles already. */
  pushTo(isNew: (timeframe: Timeframe) => boolean, minute: Readonly<Bar>): boolean {
    let looked = this.#frames.length === 0;
    for (const { aggregator, listeners } of this.#frames) {
      if (!isNew(aggregator.timeframe)) continue;
      aggregator.push(minute, (bar) => {
        looked = true;
        for (const listener of listeners) listener(bar);
      });
    }
    return looked;
  }

  /** Time frames whose candles go in, shortest first. */
  get timeframes(): readonly Timeframe[] {
    return this.#frames.map(({ aggregator }) => aggregator.timeframe).sort((a, b) => timeframeMs(a) - timeframeMs(b));
  }

  /** Takes closed candles of one time frame that are older than every minute pushed; for warming up. */
  warm(timeframe: Timeframe, bars: Iterable<Readonly<Bar>>): void {
    const frame = this.#frames.find(({ aggregator }) => aggregator.timeframe === timeframe);
    if (frame === undefined) return;
    for (const bar of bars) for (const listener of frame.listeners) listener(bar);
  }

  /** A signal came at `at` (unix ms). */
  signal(name: string, at: number): void {
    this.#signals.set(name, at);
  }

  /** Whether it holds at `now` (unix ms); undefined while it cannot be known (C1). */
  truth(now: number): Truth {
    return this.#root.truth(now);
  }

  #onFrame(timeframe: Timeframe, listener: (bar: Readonly<Bar>) => void): void {
    const found = this.#frames.find(({ aggregator }) => aggregator.timeframe === timeframe);
    if (found === undefined) this.#frames.push({ aggregator: new Aggregator(timeframe), listeners: [listener] });
    else found.listeners.push(listener);
  }

  #build(condition: Condition, place: string): Node {
    switch (condition.kind) {
      case 'all':
      case 'any': {
        if (condition.of.length === 0) throw new ConditionError(`${place} has nothing in it`);
        const parts = condition.of.map((part, at) => this.#build(part, `${place}.${condition.kind}[${at}]`));
        return { truth: (now) => combine(condition.kind, parts, now) };
      }
      case 'not': {
        const part = this.#build(condition.of, `${place}.not`);
        return {
          truth: (now) => {
            const truth = part.truth(now);
            return truth === undefined ? undefined : !truth;
          },
        };
      }
      case 'indicator':
        return this.#buildIndicator(condition, place);
      case 'time-window':
        return timeWindow(condition, place);
      case 'signal': {
        const { name, seconds } = condition;
        return {
          truth: (now) => {
            const at = this.#signals.get(name);
            return at !== undefined && now >= at && now - at < seconds * 1000;
          },
        };
      }
    }
  }

  #buildIndicator(condition: Extract<Condition, { kind: 'indicator' }>, place: string): Node {
    const kind = kindOf(condition.indicator);
    const indicator = kind.make(parametersOf(condition, place));
    const lineOf = (name: string): number => {
      const at = indicator.names.indexOf(name);
      if (at === -1)
        throw new ConditionError(`${place}: ${condition.indicator} has no line ${name}; it has ${indicator.names.join(', ')}`);
      return at;
    };
    const line = lineOf(condition.line ?? kind.mainLine);
    const other = typeof condition.than === 'string' ? lineOf(condition.than) : undefined;
    let before = Number.NaN;
    let truth: Truth;
    this.#onFrame(condition.timeframe, ({ open, high, low, close, volume }) => {
      indicator.update(open, high, low, close, volume);
      const distance = indicator.lines[line]! - (other === undefined ? (condition.than as number) : indicator.lines[other]!);
      truth = compare(condition.when, distance, before);
      before = distance;
    });
    return { truth: () => truth };
  }
}

/** The one text of a condition: keys in order, nothing left out that could be written in two ways. */
export const conditionText = (condition: Condition): string => JSON.stringify(ordered(condition));

/** @throws ConditionError when the text is none, or names something impossible */
export function readCondition(text: string): Condition {
  let condition: Condition;
  try {
    condition = JSON.parse(text) as Condition;
  } catch (cause) {
    throw new ConditionError(`condition is no JSON: ${text.slice(0, 60)}`, { cause });
  }
  new ConditionFollower(condition);
  return condition;
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, ordered(member)]),
  );
}

/** How far back candles must go for a truth that does not depend on where they begin; in ms. */
export function warmUpMs(condition: Condition): number {
  switch (condition.kind) {
    case 'all':
    case 'any':
      return Math.max(0, ...condition.of.map(warmUpMs));
    case 'not':
      return warmUpMs(condition.of);
    case 'indicator': {
      const candles = settledAfter(condition.indicator, parametersOf(condition, 'condition'));
      // One more for the frame that was open when it began, one more for a crossing.
      return (candles + 3) * timeframeMs(condition.timeframe);
    }
    default:
      return 0;
  }
}

function combine(kind: 'all' | 'any', parts: readonly Node[], now: number): Truth {
  let isKnown = true;
  let truth = kind === 'all';
  for (const part of parts) {
    const one = part.truth(now);
    if (one === undefined) isKnown = false;
    else truth = kind === 'all' ? truth && one : truth || one;
  }
  return isKnown ? truth : undefined;
}

function compare(when: Comparison, distance: number, before: number): Truth {
  if (Number.isNaN(distance)) return undefined;
  switch (when) {
    case 'less':
      return distance < 0;
    case 'greater':
      return distance > 0;
    case 'crossing-up':
      return Number.isNaN(before) ? undefined : distance > 0 && before <= 0;
    case 'crossing-down':
      return Number.isNaN(before) ? undefined : distance < 0 && before >= 0;
  }
}

/** @throws ConditionError */
function parametersOf(condition: Extract<Condition, { kind: 'indicator' }>, place: string): readonly number[] {
  const { parameters } = kindOf(condition.indicator);
  if (condition.parameters.length > parameters.length)
    throw new ConditionError(
      `${place}: ${condition.indicator} takes ${parameters.length} parameters, not ${condition.parameters.length}`,
    );
  return parameters.map(({ name, usual, least, most, isCount }, at) => {
    const value = condition.parameters[at] ?? usual;
    if (!(value >= least && value <= most) || (isCount && !Number.isInteger(value)))
      throw new ConditionError(
        `${place}: ${name} of ${condition.indicator} is ${value}; a ${isCount ? 'whole number' : 'number'} from ${least} to ${most}`,
      );
    return value;
  });
}

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const minutesOfDay = 1440;

function timeWindow({ days, from, to, zone }: Extract<Condition, { kind: 'time-window' }>, place: string): Node {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      weekday: 'short',
      hour: 'numeric',
      minute: 'numeric',
      hourCycle: 'h23',
    });
  } catch (cause) {
    throw new ConditionError(`${place}: ${zone} is not a time zone such as Europe/Berlin`, { cause });
  }
  for (const [name, value] of Object.entries({ from, to }))
    if (!Number.isInteger(value) || value < 0 || value > minutesOfDay)
      throw new ConditionError(`${place}: ${name} is ${value}, a minute of the day from 0 to ${minutesOfDay}`);
  if (days.some((day) => !Number.isInteger(day) || day < 0 || day > 6))
    throw new ConditionError(`${place}: days are 0 (Sunday) to 6, not ${days.join(', ')}`);
  return {
    truth: (now) => {
      const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
      const day = dayNames.indexOf(parts.get('weekday') ?? '');
      const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'));
      if (from <= to) return days.includes(day) && minute >= from && minute < to;
      // Over midnight the window belongs to the day on which it began.
      return minute >= from ? days.includes(day) : minute < to && days.includes((day + 6) % 7);
    },
  };
}
