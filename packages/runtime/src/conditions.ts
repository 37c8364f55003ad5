/**
 * Follows the conditions that bots wait for, one follower per pair and condition however many wait.
 *
 *   K1  A condition is asked only when a candle closes that it looks at, and when a signal comes.
 *   K2  Before it is warm it holds for nobody. How it is warmed does not depend on who waits.
 *   K3  A follower that nobody waits for is kept for a while: a bot waits again after its deal, with the same numbers.
 */
import type { EpochMs, Pair } from '@holdfast/domain';
import { type Bar, ConditionFollower, openOf, readCondition, type Timeframe, timeframeMs, warmUpMs } from '@holdfast/indicators';

/** A condition without candles yet. `candles` older ones of each time frame make it warm. */
export interface Unwarmed {
  readonly pair: Pair;
  readonly condition: string;
  readonly frames: readonly { readonly timeframe: Timeframe; readonly candles: number }[];
}

interface Waited {
  readonly pair: Pair;
  readonly condition: string;
}

interface Following {
  readonly pair: Pair;
  readonly condition: string;
  readonly follower: ConditionFollower;
  isWarm: boolean;
  /** Ends of the candles that warmed it, by time frame: older minutes are in them. */
  ends: ReadonlyMap<Timeframe, number>;
  /** Open time of the newest minute that went in. */
  newest: number;
}

const minuteMs = 60_000;
const keptMost = 10_000;

export class Conditions {
  readonly #following = new Map<string, Following>();

  /** @returns the texts of the waited conditions of the pair that hold after this minute */
  onMinute(pair: Pair, minute: Readonly<Bar>, waited: readonly Waited[]): readonly string[] {
    const now = minute.time + minuteMs;
    const held: string[] = [];
    for (const following of this.#following.values()) {
      if (following.pair !== pair || !following.isWarm || minute.time <= following.newest) continue;
      following.newest = minute.time;
      if (closes(following, minute, now) && following.follower.truth(now) === true) held.push(following.condition);
    }
    return held.filter((condition) => waited.some((it) => it.pair === pair && it.condition === condition));
  }

  onSignal(pair: Pair, name: string, at: EpochMs, waited: readonly Waited[]): readonly string[] {
    for (const it of waited) if (it.pair === pair) this.#follow(it);
    const held: string[] = [];
    for (const { pair: of, condition, follower, isWarm } of this.#following.values()) {
      if (of !== pair) continue;
      follower.signal(name, at);
      if (isWarm && follower.truth(at) === true) held.push(condition);
    }
    return held.filter((condition) => waited.some((it) => it.pair === pair && it.condition === condition));
  }

  unwarmed(waited: readonly Waited[]): readonly Unwarmed[] {
    return waited
      .map((it) => ({ it, following: this.#follow(it) }))
      .filter(({ following }) => !following.isWarm)
      .map(({ it, following }) => {
        const needed = warmUpMs(readCondition(it.condition));
        const frames = following.follower.timeframes.map((timeframe) => ({
          timeframe,
          candles: Math.ceil(needed / timeframeMs(timeframe)),
        }));
        return { ...it, frames };
      });
  }

  warm(
    { pair, condition }: Unwarmed,
    frames: ReadonlyMap<Timeframe, readonly Readonly<Bar>[]>,
    minutes: readonly Readonly<Bar>[],
  ): void {
    const following = this.#follow({ pair, condition });
    if (following.isWarm) return;
    for (const [timeframe, bars] of frames) following.follower.warm(timeframe, bars);
    // A frame's candles end where its open one began: only younger minutes are new to it.
    following.ends = new Map([...frames].map(([timeframe, bars]) => [timeframe, endOf(timeframe, bars)]));
    for (const minute of minutes) {
      pushNew(following, minute);
      following.newest = Math.max(following.newest, minute.time);
    }
    following.isWarm = true;
  }

  #follow({ pair, condition }: Waited): Following {
    const key = `${pair} ${condition}`;
    const known = this.#following.get(key);
    if (known !== undefined) return known;
    const follower = new ConditionFollower(readCondition(condition));
    // Nothing to see means nothing to warm.
    const following: Following = {
      pair,
      condition,
      follower,
      isWarm: follower.timeframes.length === 0,
      ends: new Map(),
      newest: -1,
    };
    if (this.#following.size >= keptMost) this.#following.delete(this.#following.keys().next().value!);
    this.#following.set(key, following);
    return following;
  }
}

const pushNew = ({ follower, ends }: Following, minute: Readonly<Bar>): boolean =>
  follower.pushTo((timeframe) => minute.time >= (ends.get(timeframe) ?? 0), minute);

/** Takes a minute in; whether a candle that is looked at closes with it, be it one that came with the history a moment before. */
const closes = (following: Following, minute: Readonly<Bar>, now: number): boolean =>
  pushNew(following, minute) || [...following.ends.values()].includes(now);

const endOf = (timeframe: Timeframe, bars: readonly Readonly<Bar>[]): number => {
  const last = bars[bars.length - 1];
  return last === undefined ? 0 : openOf(last.time, timeframe) + timeframeMs(timeframe);
};
