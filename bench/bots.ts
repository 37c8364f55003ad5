/**
 * Bots: calls of each kind's `step` per second on recorded events; and 10,000 bots of all kinds on 100 pairs in one engine with its
 * own database, before a paper market in the same process. The market's own time is measured and taken off. Times from a tick
 * to its intents count from when the tick was due, so that a busy engine cannot hide behind its own queue.
 * `BENCH_BOTS` and `BENCH_SECONDS` in the environment make it smaller.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { BotId } from '@holdfast/domain';
import { type EngineStore, openEngineStore } from '@holdfast/storage';
import { createEngine, type Engine } from '../apps/engine/src/engine.ts';
import { PaperMarket } from './bots/paper.ts';
import { pairNames, priceOf, wish } from './bots/population.ts';
import { stepRows } from './bots/steps.ts';
import { quantile, type Row } from './rows/row.ts';

const botCount = Number(process.env.BENCH_BOTS ?? 10_000);
const ticksPerSecond = 1000;
const warmUpSeconds = 5;
const diskSeconds = 10;
const measuredSeconds = Number(process.env.BENCH_SECONDS ?? 20);
const raceSeconds = 5;
/** Fifteen seconds before a minute closes, so that the closing of 100 candles is in what is measured. */
const start = Date.UTC(2026, 0, 5, 12, 0, 45);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const heap = (): number => {
  collect();
  collect();
  return process.memoryUsage().heapUsed;
};
const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** Prices that walk: the same ones each time. */
class Walk {
  readonly #market: PaperMarket;
  #seed = 7;
  at = start;

  constructor(market: PaperMarket) {
    this.#market = market;
  }

  #random(below: number): number {
    this.#seed = (Math.imul(this.#seed, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (this.#seed >>> 8) % below;
  }

  /** One trade of some pair, a millisecond after the one before; where a minute ends, its candles close first. */
  tick(): void {
    this.at += 1;
    if (this.at % 60_000 === 0) for (const pair of this.#market.pairs) this.#market.candle(pair, this.at - 60_000);
    const pair = this.#market.pairs[this.#random(this.#market.pairs.length)]!;
    const last = this.#market.lastOf(pair);
    // Up to half a thousandth either way: nobody would call that quiet.
    const most = Math.max(1, Math.round(last * 0.0005));
    this.#market.tick(pair, Math.max(100, last + this.#random(2 * most + 1) - most), this.at);
  }
}

/** What caused an intent: a wake of a bot, or the word on a fill; with the exchange's time of it. */
interface Cause {
  readonly kind: 'woken' | 'fill';
  readonly at: number;
}

/** Reads out of each commit what caused the intents in it; several events share one. */
function watched(store: EngineStore, causes: Map<string, Cause>, commits: number[]): EngineStore {
  return {
    ...store,
    commit: (changes) => {
      const ofBots = causesIn(changes);
      for (const { table, row } of changes) {
        const cause = table === 'outbox' && row.state === 'planned' ? ofBots.get(row.bot) : undefined;
        if (table === 'outbox' && cause !== undefined) causes.set(row.client_order_id, cause);
      }
      const began = nowMs();
      return store.commit(changes).finally(() => commits.push(nowMs() - began));
    },
  };
}

/** By bot, the first of several. */
function causesIn(changes: Parameters<EngineStore['commit']>[0]): ReadonlyMap<string, Cause> {
  const found = new Map<string, Cause>();
  for (const { table, row } of changes) {
    if (table !== 'journal' || row.source !== 'step' || row.bot === null || row.bot === undefined || found.has(row.bot)) continue;
    const body = JSON.parse(row.body) as { kind: string; at: number; event?: { kind: string; at: number } };
    if (body.kind === 'woken') found.set(row.bot, { kind: 'woken', at: body.at });
    if (body.event?.kind === 'order-filled') found.set(row.bot, { kind: 'fill', at: body.event.at });
  }
  return found;
}

class House {
  readonly paper: PaperMarket;
  readonly walk: Walk;
  readonly folder = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
  /** In memory where that can be: what the engine costs is measured there, and then again over the disk. */
  readonly founding = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'holdfast-bench-'));
  readonly causes = new Map<string, Cause>();
  readonly dueAt = new Map<number, number>();
  readonly commits: number[] = [];
  latencies: Record<Cause['kind'], number[]> = { woken: [], fill: [] };
  store: EngineStore;
  engine!: Engine;
  #ids = 0;

  constructor() {
    const prices = new Map(pairNames.map((name, n) => [name, priceOf(n)]));
    this.paper = new PaperMarket('paper', prices, { USDT: '100000000000' }, start);
    this.walk = new Walk(this.paper);
    this.store = openEngineStore(join(this.founding, 'engine.db'));
    this.paper.onIntent = ({ clientOrderId }) => {
      const cause = this.causes.get(clientOrderId);
      const due = cause === undefined ? undefined : this.dueAt.get(cause.at);
      this.causes.delete(clientOrderId);
      if (cause !== undefined && due !== undefined) this.latencies[cause.kind].push(nowMs() - due);
    };
  }

  async begin(): Promise<void> {
    this.engine = await createEngine({
      account: this.paper.account,
      store: watched(this.store, this.causes, this.commits),
      vault: this.paper.vault,
      market: this.paper.market,
      // As before a simulated exchange: time is what the ticks say, so that an intent can be traced to its tick.
      ring: { acknowledge: () => {} },
      timers: {
        now: Date.now,
        after: (ms, work) => {
          const timer = setTimeout(work, ms);
          return () => clearTimeout(timer);
        },
        turn: () => new Promise((heard) => setImmediate(heard)),
      },
      newBotId: () => `bot${++this.#ids}` as BotId,
      notify: () => {},
      log: () => {},
      fatal: (error) => {
        throw error;
      },
    });
    while (this.engine.status().vault.connected === false) await sleep(20);
    await this.quiet();
  }

  /** Waits until everything that is on its way has been handled. */
  async quiet(): Promise<void> {
    for (let still = 0, before = ''; still < 3; ) {
      await this.engine.command({ id: `fence-${++this.#ids}`, command: 'status' });
      await sleep(5);
      const now = `${this.paper.fills} ${this.paper.resting}`;
      still = now === before ? still + 1 : 0;
      before = now;
    }
  }

  async fill(): Promise<void> {
    for (let n = 0; n < botCount; n++) {
      const { kind, pair, settings } = wish(n);
      const made = await this.engine.command({
        id: `make-${n}`,
        command: 'bot-create',
        name: `bot ${n}`,
        kind,
        ...(pair === undefined ? {} : { pair }),
        settings,
        start: true,
      });
      if (!made.ok) throw new Error(`bot ${n}, ${kind}: ${made.error.reason}`);
      if (kind !== 'signal') continue;
      const { id } = made.result as { id: string };
      await this.engine.command({ id: `signal-${n}`, command: 'bot-action', bot: id, action: 'start-deal' });
    }
    await this.quiet();
  }

  /** Ticks at their times for so many seconds. */
  async play(seconds: number): Promise<void> {
    const began = nowMs();
    const count = seconds * ticksPerSecond;
    for (let fed = 0; fed < count; await sleep(1)) {
      const due = Math.min(count, Math.floor(((nowMs() - began) * ticksPerSecond) / 1000));
      for (; fed < due; fed++) {
        this.dueAt.set(this.walk.at + 1, began + (fed * 1000) / ticksPerSecond);
        this.walk.tick();
      }
    }
  }

  /** Of what was measured since it was asked last, rising. */
  takeLatencies(): Record<Cause['kind'], readonly number[]> {
    const { woken, fill } = this.latencies;
    this.latencies = { woken: [], fill: [] };
    for (const times of [woken, fill]) times.sort((a, b) => a - b);
    return { woken, fill };
  }

  async measure(seconds: number): Promise<{ readonly share: number; readonly fills: number }> {
    const { fills, spentNs } = this.paper;
    this.takeLatencies();
    this.commits.length = 0;
    const [cpu, wall] = [process.cpuUsage(), nowMs()];
    await this.play(seconds);
    const { user, system } = process.cpuUsage(cpu);
    const ms = nowMs() - wall;
    const ownMs = Number(this.paper.spentNs - spentNs) / 1e6;
    return { share: (100 * ((user + system) / 1000 - ownMs)) / ms, fills: ((this.paper.fills - fills) * 1000) / ms };
  }

  /** As many ticks as it can handle. */
  async race(): Promise<number> {
    const [began, spent] = [nowMs(), this.paper.spentNs];
    let fed = 0;
    while (nowMs() - began < raceSeconds * 1000) {
      for (let n = 0; n < 50; n++, fed++) this.walk.tick();
      await this.engine.command({ id: `fence-${++this.#ids}`, command: 'status' });
      await new Promise(setImmediate);
    }
    return (fed * 1000) / (nowMs() - began - Number(this.paper.spentNs - spent) / 1e6);
  }

  /** Goes on from a copy of the database on the disk. */
  async moveToDisk(): Promise<void> {
    const file = join(this.folder, 'engine.db');
    await this.engine.stop();
    await this.store.backup(file);
    await this.store.close();
    this.store = openEngineStore(file);
  }

  async end(): Promise<void> {
    await this.engine.stop();
    await this.store.close();
  }

  remove(): void {
    for (const folder of [this.folder, this.founding]) rmSync(folder, { recursive: true, force: true });
  }
}

const figure = (name: string, median: number, unit: string, p99: number | null = null): Row => ({
  name,
  median,
  p99,
  unit,
  aim: null,
  reached: null,
});

async function engineRows(): Promise<readonly Row[]> {
  const house = new House();
  try {
    const empty = heap();
    await house.begin();
    const made = nowMs();
    await house.fill();
    const perCreate = (nowMs() - made) / botCount;
    const perBot = (heap() - empty) / botCount / 1024;
    await house.play(warmUpSeconds);
    const busy = await house.measure(measuredSeconds);
    const times = house.takeLatencies();
    const most = await house.race();
    await house.quiet();
    await house.moveToDisk();
    const loading = nowMs();
    await house.begin();
    const loaded = (nowMs() - loading) / 1000;
    await house.measure(diskSeconds);
    const onDisk = house.takeLatencies();
    await house.end();
    const bots = `${botCount.toLocaleString('en-US')} bots`;
    const spread = (name: string, values: readonly number[]): readonly Row[] =>
      values.length === 0
        ? []
        : [figure(`${bots}: ${name} (${values.length})`, quantile(values, 0.5), 'ms', quantile(values, 0.99))];
    return [
      figure(`${bots}: memory of one`, perBot, 'KiB'),
      figure(`${bots}: making one, with its first orders`, perCreate, 'ms'),
      figure(`${bots}: one core's share at 1,000 ticks/s`, busy.share, '%'),
      figure(`${bots}: fills in it`, busy.fills, 'fills/s'),
      ...spread('tick to intent', times.woken),
      ...spread('tick to fill to intent', times.fill),
      figure(`${bots}: ticks at most`, most, 'ticks/s'),
      figure(`${bots}: starting from a database on disk`, loaded, 's'),
      ...spread(
        'one commit to this disk',
        house.commits.sort((a, b) => a - b),
      ),
      ...spread('tick to intent over it', onDisk.woken),
      ...spread('tick to fill to intent over it', onDisk.fill),
    ];
  } finally {
    house.remove();
  }
}

export async function run(): Promise<readonly Row[]> {
  return [...stepRows(), ...(await engineRows())];
}
