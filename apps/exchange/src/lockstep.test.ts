import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ExchangeUnderTest, exchangeUnderTest } from '../../../tests/clients/exchange-under-test.ts';
import { exchangeClock, releaseTime } from './control.ts';

interface Frame {
  readonly stream: string;
  readonly data: Record<string, unknown>;
}

/** 20 candles of one minute that climb by 10 each. */
function tapeFile(base = 'BTC'): string {
  const file = join(mkdtempSync(join(tmpdir(), 'holdfast-tape-')), `BINANCE-${base}-USDT-1m.20250520.csv`);
  const rows = Array.from({ length: 20 }, (_, i) => {
    const open = 50_000 + 10 * i;
    return [1_747_699_200_000 + 60_000 * i, open, open + 12, open - 5, open + 10, 4].join(',');
  });
  writeFileSync(file, ['time_ms,open,high,low,close,volume', ...rows].join('\n'));
  return file;
}

/** The engine's two connections: hears the market and acknowledges when told to. */
async function engineOf(exchange: ExchangeUnderTest) {
  const frames: Frame[] = [];
  let heard: (() => void) | undefined;
  const market = new WebSocket(`ws://${exchange.host}/stream?streams=btcusdt@trade/btcusdt@bookTicker/btcusdt@kline_1m&sync=1`);
  market.onmessage = (message): void => {
    frames.push(JSON.parse(String(message.data)) as Frame);
    heard?.();
  };
  const headers = { headers: { 'x-sim-token': exchange.token } } as unknown as string[];
  const clock = new WebSocket(`ws://${exchange.host}/sim/clock?role=engine`, headers);
  await Promise.all([market, clock].map((socket) => new Promise((resolve) => socket.addEventListener('open', resolve))));
  let at = 0;
  const nextSync = async (after: number): Promise<{ readonly n: number; readonly at: number }> => {
    for (;;) {
      for (; at < frames.length; at++) {
        const frame = frames[at] as Frame;
        if (frame.stream === '!sync' && Number(frame.data.n) > after)
          return { n: Number(frame.data.n), at: Number(frame.data.E) };
      }
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  return {
    frames,
    nextSync,
    acknowledge: (n: number, quiet?: object): void => clock.send(JSON.stringify({ ack: n, quiet })),
    close(): void {
      market.close();
      clock.close();
    },
  };
}

const clockOf = async (exchange: ExchangeUnderTest): Promise<{ now: number; ended: boolean; round: number }> =>
  (await (await fetch(`${exchange.url}/sim/clock`)).json()) as { now: number; ended: boolean; round: number };

test('time stands still until an engine is there, and then between a round and its acknowledgement', async (t) => {
  const exchange = await exchangeUnderTest({ tapes: [tapeFile()], speed: 'max', lockstep: true });
  t.after(() => exchange.end());
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = await clockOf(exchange);
  assert.equal(before.now, 1_747_699_200_000);
  const engine = await engineOf(exchange);
  const first = await engine.nextSync(0);
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal((await clockOf(exchange)).now, first.at);
  engine.acknowledge(first.n);
  const open = await engine.nextSync(first.n);
  assert.equal(open.n, first.n + 1);
  engine.acknowledge(open.n);
  assert.ok((await engine.nextSync(open.n)).at > first.at);
  engine.close();
});

test('every tick of a tape gets a round when the engine promises nothing, and then the tape has ended', async (t) => {
  const exchange = await exchangeUnderTest({ tapes: [tapeFile()], speed: 'max', lockstep: true });
  t.after(() => exchange.end());
  const engine = await engineOf(exchange);
  let rounds = 0;
  for (let n = 0; rounds < 80; rounds++) {
    const sync = await engine.nextSync(n);
    n = sync.n;
    engine.acknowledge(n);
  }
  const last = await engine.nextSync(80);
  engine.acknowledge(last.n);
  assert.equal(last.n, 81);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const clock = await clockOf(exchange);
  assert.equal(clock.ended, true);
  assert.equal(clock.now, 1_747_699_200_000 + 20 * 60_000 - 1);
  engine.close();
});

test('what is promised quiet passes without a round, up to the price or the time that is not', async (t) => {
  const exchange = await exchangeUnderTest({ tapes: [tapeFile()], speed: 'max', lockstep: true });
  t.after(() => exchange.end());
  const engine = await engineOf(exchange);
  const first = await engine.nextSync(0);
  engine.acknowledge(first.n, { until: null, pairs: { BTCUSDT: { below: null, above: '50100' } } });
  const second = await engine.nextSync(first.n);
  assert.equal(second.n, first.n + 1);
  const lastTrade = engine.frames.filter((frame) => frame.stream === 'btcusdt@trade').at(-1);
  assert.equal(lastTrade?.data.p, '50102.00000000');
  const until = second.at + 5 * 60_000;
  engine.acknowledge(second.n, { until, pairs: { BTCUSDT: { below: null, above: null } } });
  const third = await engine.nextSync(second.n);
  assert.ok(third.at >= until && third.at < until + 30_000);
  const closed = engine.frames.filter((frame) => frame.stream === 'btcusdt@kline_1m' && (frame.data.k as { x: boolean }).x);
  assert.ok(closed.length >= 13, 'closed candles are heard in quiet stretches too');
  engine.close();
});

test('what a user did while time stood still gets a round of its own at the same time', async (t) => {
  const exchange = await exchangeUnderTest({ tapes: [tapeFile()], speed: 'max', lockstep: true });
  t.after(() => exchange.end());
  const engine = await engineOf(exchange);
  const first = await engine.nextSync(0);
  await exchange.key();
  engine.acknowledge(first.n);
  const second = await engine.nextSync(first.n);
  assert.equal(second.at, first.at);
  engine.close();
});

test('time waits again where it was let go until, with a round and after all ticks of that time', async (t) => {
  const exchange = await exchangeUnderTest({ tapes: [tapeFile()], speed: 'max', lockstep: true, hold: true });
  t.after(() => exchange.end());
  const place = { url: exchange.url, data: exchange.data };
  const engine = await engineOf(exchange);
  const start = 1_747_699_200_000;
  let n = 0;
  for (const [until, ticks] of [
    [start + 30_000, 3],
    [start + 31_000, 0],
  ] as const) {
    const seen = engine.frames.filter(({ stream }) => stream === 'btcusdt@trade').length;
    await releaseTime(place, until);
    for (let clock = await exchangeClock(place); !clock.held || clock.open; clock = await exchangeClock(place)) {
      n = (await engine.nextSync(n)).n;
      engine.acknowledge(n);
    }
    const { now, held } = await exchangeClock(place);
    assert.deepEqual([now, held], [until, true]);
    assert.equal(engine.frames.filter(({ stream }) => stream === 'btcusdt@trade').length - seen, ticks);
  }
  engine.close();
});

test('several tapes play as one market each, and a pair may come once', async (t) => {
  const exchange = await exchangeUnderTest({ tapes: [tapeFile('ETH'), tapeFile()], speed: 'max', lockstep: true });
  t.after(() => exchange.end());
  const { symbols } = (await (await fetch(`${exchange.url}/api/v3/exchangeInfo`)).json()) as { symbols: { symbol: string }[] };
  assert.deepEqual(symbols.map(({ symbol }) => symbol).sort(), ['BTCUSDT', 'ETHUSDT']);
  await assert.rejects(exchangeUnderTest({ tapes: [tapeFile(), tapeFile()] }), /--tape is given twice for BTC\/USDT/);
  await assert.rejects(exchangeUnderTest({ tapes: [tapeFile(), tapeFile('ETH')], pair: 'BTC/USDT' }), /as many pairs/);
});

test('an unacknowledged round is told again', async (t) => {
  const exchange = await exchangeUnderTest({ tapes: [tapeFile()], speed: 'max', lockstep: true });
  t.after(() => exchange.end());
  const engine = await engineOf(exchange);
  const { n } = await engine.nextSync(0);
  await new Promise((resolve) => setTimeout(resolve, 600));
  const told = engine.frames.filter((frame) => frame.stream === '!sync');
  assert.ok(told.length >= 3);
  assert.ok(told.every((frame) => frame.data.n === n));
  engine.close();
});

test('the engine may take its promise back: a new quiet for the same round counts', async (t) => {
  const exchange = await exchangeUnderTest({ tapes: [tapeFile()], speed: 60, lockstep: true });
  t.after(() => exchange.end());
  const engine = await engineOf(exchange);
  const first = await engine.nextSync(0);
  engine.acknowledge(first.n, { until: null, pairs: {} });
  await new Promise((resolve) => setTimeout(resolve, 400));
  assert.equal((await clockOf(exchange)).round, first.n);
  engine.acknowledge(first.n, { until: 0, pairs: {} });
  assert.equal((await engine.nextSync(first.n)).n, first.n + 1);
  engine.close();
});

test('who joins later gets a round: what was promised quiet was promised without it', async (t) => {
  const exchange = await exchangeUnderTest({ tapes: [tapeFile()], speed: 60, lockstep: true });
  t.after(() => exchange.end());
  const engine = await engineOf(exchange);
  const first = await engine.nextSync(0);
  engine.acknowledge(first.n, { until: null, pairs: {} });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const late = new WebSocket(`ws://${exchange.host}/reference/kraken?sync=1`);
  await new Promise((resolve) => late.addEventListener('open', resolve));
  assert.equal((await engine.nextSync(first.n)).n, first.n + 1);
  late.close();
  engine.close();
});
