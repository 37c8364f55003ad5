import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { botSettings } from '@holdfast/contracts';
import { amount, baseOf, formatAmount, multiply, pair as pairOf, quoteOf } from '@holdfast/domain';
import { inferSteps, stepsOf } from '@holdfast/exchanges/simulated';
import { storeSeries } from '../data/library.ts';
import { timeOf } from '../data/series.ts';
import { runBacktest } from '../run/run.ts';
import { sampleAsk } from '../testing/sample-ask.ts';
import { walkSeries } from '../testing/walk-run.ts';
import { AskError } from './ask-error.ts';
import { compareDocuments } from './compare.ts';
import { type BacktestAsk, prepare, runJob } from './job.ts';
import { checkLookahead, cutsOf, truncated } from './lookahead.ts';
import { periodOf } from './period.ts';
import { rulesOf } from './rules.ts';
import { idOf, listStored, readStored, removeStored, resolveId, storeDocument } from './store.ts';

const data = mkdtempSync(join(tmpdir(), 'holdfast-job-'));
after(() => rmSync(data, { recursive: true }));
const series = walkSeries(40, 5);
storeSeries(data, series, { duplicates: 0, volumesCutTo: null, withoutVolume: 0 });

const ask = sampleAsk({
  settings: botSettings.dca.parse({
    baseOrderSize: '100',
    averagingOrderSize: '150',
    averagingOrders: 4,
    takeProfitPercent: '1.5',
  }),
});
const ports = { run: runBacktest, madeAt: Date.UTC(2026, 0, 2, 3, 4, 5), code: { version: '0.1.0', commit: null } };
const refusal = (run: () => unknown, code: string, message: RegExp): void => {
  assert.throws(run, (error: unknown) => error instanceof AskError && error.code === code && message.test(error.message));
};

const several = { ...(ask.settings as object), stepPercent: '4', dealsAtOnce: 3, dealsPerPair: 3, dealStepPercent: '1' };

for (const [name, settings] of Object.entries({ 'one deal at a time': ask.settings, 'several deals on the pair': several }))
  test(`${name}: the end of a run is what its fills leave, to the last digit`, () => endsAsFilled(settings));

function endsAsFilled(settings: BacktestAsk['settings']): void {
  const { result, document } = runJob({ ...ask, settings }, data, ports);
  assert.ok(result.fills.length > 20 && result.deals.length > 5);
  const isBeside = result.deals.some((a) => result.deals.some((b) => b.openedAt > a.openedAt && b.openedAt < a.closedAt));
  assert.equal(isBeside, settings === several, 'deals beside each other');
  let [base, quote] = [0n, result.startEquity as bigint];
  for (const fill of result.fills) {
    const value = multiply(fill.price, fill.quantity, fill.side === 'buy' ? 'up' : 'down');
    base += (fill.side === 'buy' ? fill.quantity : -fill.quantity) - (fill.feeAsset === baseOf(fill.pair) ? fill.fee : 0n);
    quote += (fill.side === 'buy' ? -value : value) - (fill.feeAsset === quoteOf(fill.pair) ? fill.fee : 0n);
  }
  assert.equal(formatAmount(quote + multiply(base, result.lastPrice, 'down')), formatAmount(result.endEquity));
  const profits = result.deals.reduce((sum, deal) => sum + deal.profit, 0n);
  assert.equal(document.metrics.deals.realised, formatAmount(profits));
  assert.equal(document.metrics.profit, formatAmount(result.endEquity - result.startEquity));
}

test('a job runs the other path, other orders and other beginnings, and is the same each time', () => {
  const told: string[] = [];
  const { document } = runJob(ask, data, ports, ({ share, doing }) => told.push(`${share.toFixed(2)} ${doing}`));
  assert.equal(document.otherPath!.path, 'adverse');
  assert.equal(document.dealPaths!.runs, 200);
  assert.equal(document.startDates!.runs, 4);
  assert.equal(document.startDates!.days, 20);
  assert.equal(document.data[0]!.sha256!.length, 64);
  assert.deepEqual(told.at(-1), '1.00 done');
  assert.deepEqual(runJob(ask, data, ports).document, document);
  const stepped = runJob({ ...ask, driver: 'step' }, data, ports).document;
  assert.deepEqual(stepped, document, 'looking at every candle gives the same report');
});

test('a period is kept inside the candles, and an empty one is refused with what there is', () => {
  const begin = Date.UTC(2025, 0, 1);
  assert.equal(prepare({ ...ask, from: 0 }, data).request.from, begin);
  refusal(() => prepare({ ...ask, from: begin, to: begin }, data), 'backtest-period-empty', /not before/);
  refusal(
    () => prepare({ ...ask, from: Date.UTC(2030, 0, 1) }, data),
    'backtest-period-empty',
    /2030-01-01T00:00 is not before --to 2025-02-10T00:00/,
  );
  refusal(
    () => prepare({ ...ask, from: 0, to: 1 }, data),
    'backtest-period-empty',
    /reach from 2025-01-01T00:00 to 2025-02-10T00:00/,
  );
  refusal(() => prepare({ ...ask, to: Number.NaN }, data), 'backtest-period-empty', /NaN/);
});

test('values that are none are refused by name', () => {
  refusal(() => prepare({ ...ask, pairs: ['BTCUSDT'] }, data), 'backtest-value-malformed', /--pair .*"BTCUSDT"/);
  refusal(() => prepare({ ...ask, pairs: [] }, data), 'backtest-value-malformed', /give a pair/);
  refusal(() => prepare({ ...ask, funds: { USDT: 'NaN' } }, data), 'backtest-value-malformed', /"NaN USDT"/);
  refusal(() => prepare({ ...ask, funds: { usdt: '1' } }, data), 'backtest-value-malformed', /--funds/);
  for (const tick of ['0', '-1', 'NaN', '1e-8'])
    refusal(() => rulesOf(series, { tick, lot: null, minNotional: null }), 'backtest-value-malformed', /--tick/);
});

test('signals become words from outside, or are refused by number', () => {
  const at = timeOf(series, 3);
  const { outside } = prepare({ ...ask, signals: [{ at, name: 'go' }] }, data).request;
  assert.deepEqual(outside, [
    { at, kind: 'signal', signal: { id: 'asked-1', price: null, ask: { kind: 'condition', name: 'go' } } },
  ]);
  assert.equal(prepare({ ...ask, signals: [] }, data).request.outside, undefined);
  const settings = {};
  const entry = prepare({ ...ask, kind: 'signal', settings, signals: [{ at, name: 'enter-long' }] }, data).request.outside?.[0];
  assert.ok(entry?.kind === 'signal' && entry.signal.ask.kind === 'enter' && entry.signal.ask.direction === 'long');
  const wrong = [
    [
      { at, name: 'go' },
      { at: at - 1, name: 'go' },
    ],
    [{ at, name: 'go now' }],
  ] as const;
  refusal(() => prepare({ ...ask, signals: wrong[0] }, data), 'backtest-value-malformed', /signal 2 .*sort them by time/);
  refusal(() => prepare({ ...ask, signals: wrong[1] }, data), 'backtest-value-malformed', /signal 1 .*letters, digits/);
  const asked = { ...ask, kind: 'signal', settings, signals: [{ at, name: 'go' }] };
  refusal(() => prepare(asked, data), 'backtest-value-malformed', /one of enter-long, exit-long/);
});

test('a signal names the pair that it is for where a signal bot trades several', () => {
  const [own, at] = [mkdtempSync(join(tmpdir(), 'holdfast-job-')), timeOf(series, 3)];
  after(() => rmSync(own, { recursive: true }));
  for (const pair of ['BTC/USDT', 'ETH/USDT'])
    storeSeries(own, { ...series, pair }, { duplicates: 0, volumesCutTo: null, withoutVolume: 0 });
  const asked = { ...ask, kind: 'signal', pairs: ['BTC/USDT', 'ETH/USDT'], settings: {} };
  const [word] = prepare({ ...asked, signals: [{ at, name: 'exit-long', pair: 'ETH/USDT' }] }, own).request.outside ?? [];
  assert.equal(word?.pair, 'ETH/USDT');
  refusal(
    () => prepare({ ...asked, signals: [{ at, name: 'exit-long' }] }, own),
    'backtest-value-malformed',
    /it names none of the pairs BTC\/USDT, ETH\/USDT; a line is TIME,NAME,PAIR$/,
  );
  refusal(
    () => prepare({ ...asked, signals: [{ at, name: 'exit-long', pair: 'SOL/USDT' }] }, own),
    'backtest-value-malformed',
    /the bot does not trade SOL\/USDT; it trades BTC\/USDT, ETH\/USDT$/,
  );
});

test('candles are found by pair; what is missing or means several is said', () => {
  refusal(() => prepare({ ...ask, pairs: ['ETH/USDT'] }, data), 'backtest-data-missing', /there are: BTC\/USDT/);
  refusal(() => prepare({ ...ask, intervalMs: 60_000 }, data), 'backtest-data-missing', /BTC\/USDT 1m; there are: binance 15m/);
  const two = mkdtempSync(join(tmpdir(), 'holdfast-two-'));
  for (const exchange of ['binance', 'kraken'])
    storeSeries(two, { ...series, exchange }, { duplicates: 0, volumesCutTo: null, withoutVolume: 0 });
  refusal(() => prepare(ask, two), 'backtest-data-ambiguous', /binance 15m, kraken 15m/);
  assert.equal(prepare({ ...ask, exchange: 'kraken' }, two).data[0]!.exchange, 'kraken');
  rmSync(two, { recursive: true });
});

test('steps are those of the simulated exchange on a tape of the same candles', () => {
  const text = (value: number, digits: number): string => (value / 10 ** digits).toFixed(digits);
  for (const name of ['BTC/USDT', 'ETH/USDT', 'XRP/USDT', 'ETH/BTC', 'FOO/USDT']) {
    const of = { ...series, pair: name };
    const { priceDigits, volumeDigits } = of;
    const lines = Array.from({ length: of.rows }, (_, row) =>
      [
        timeOf(of, row),
        ...[of.open, of.high, of.low, of.close].map((column) => text(column[row]!, priceDigits)),
        text(of.volume[row]!, volumeDigits),
      ].join(','),
    );
    const { tick, lot } = rulesOf(of, { tick: null, lot: null, minNotional: null }).rules;
    assert.deepEqual({ tick, lot }, stepsOf(pairOf(name), inferSteps(lines)), name);
  }
});

test('nobody trades a coin before it is listed or after it is gone, and the report says so', () => {
  const rows = Math.floor(series.rows / 2);
  const [shift, half] = [series.intervalMs * rows, { ...series, rows }];
  const late = { ...half, pair: 'ETH/USDT', segments: [{ row: 0, time: timeOf(series, 0) + shift }] };
  const [start, end] = [timeOf(series, 0), timeOf(series, series.rows - 1) + series.intervalMs];
  const whole = { from: null, to: null };
  assert.deepEqual(periodOf([series], whole), { from: start, to: end, shortened: [] });
  const both = periodOf([series, late], whole);
  assert.deepEqual([both.from, both.to], [start + shift, Math.min(end, start + 2 * shift)]);
  assert.match(both.shortened[0]!, /^The candles of ETH\/USDT begin on 20.* UTC, and the run with them\.$/);
  const gone = periodOf([series, half], { from: start, to: end + 40 * 86_400_000 });
  assert.equal(gone.to, start + shift);
  assert.match(
    gone.shortened.join(),
    /^The candles of BTC\/USDT end on .* taken off the exchange, it may have been worth less\.$/,
  );
  assert.deepEqual(periodOf([series], { from: start - 3_600_000, to: end + 3_600_000 }).shortened, [], 'hours are no matter');
  refusal(() => periodOf([half, late], whole), 'backtest-period-empty', /in which the other pairs have some: those of/);
  const { document } = runJob({ ...ask, to: end + 40 * 86_400_000 }, data, ports);
  assert.match(document.warnings[0]!, /^The candles of BTC\/USDT end on/);
});

test('a tick that the exchange made finer later is taken, and one that makes a price nothing is refused', () => {
  const late = 6000;
  // 80.00 and the like at first, 0.00004321 at last; single odd digits are computing errors.
  const price = (row: number): number =>
    row < late ? 8_000_000_000 + (row % 9) * 1_000_000 + (row === 5555 ? 1 : 0) : 4000 + (row % 321);
  const column = Float64Array.from({ length: 12_000 }, (_, row) => price(row));
  const volume = Float64Array.from(column, (_, row) => 100 + (row % 7));
  const crash = { ...series, pair: 'LUNC/USDT', priceDigits: 8, volumeDigits: 2, rows: column.length, volume };
  const of = { ...crash, open: column, high: column, low: column, close: column };
  const usual = { tick: null, lot: null, minNotional: null };
  assert.deepEqual([rulesOf(of, usual).rules.tick, rulesOf(of, usual).rules.lot].map(formatAmount), ['0.00000001', '0.01']);
  assert.equal(formatAmount(rulesOf({ ...of, rows: late }, usual).rules.tick), '0.01');
  refusal(
    () => rulesOf(of, { ...usual, tick: '0.01' }),
    'backtest-value-malformed',
    /lowest price of LUNC\/USDT, 0\.00004, would round/,
  );
});

test('rules are as given, else as fine as the candles', () => {
  const usual = rulesOf(series, { tick: null, lot: null, minNotional: null });
  assert.deepEqual([usual.rules.tick, usual.rules.lot, usual.rules.minNotional].map(formatAmount), ['0.01', '0.00001', '5']);
  assert.match(usual.source, /^tick, lot, least order: as the simulated exchange/);
  const given = rulesOf(series, { tick: '0.5', lot: '0.001', minNotional: '10' });
  assert.deepEqual([given.rules.tick, given.rules.lot, given.rules.minNotional].map(formatAmount), ['0.5', '0.001', '10']);
  assert.equal(given.source, 'as given');
});

test('results are stored whole, listed newest first, found by a beginning, compared and forgotten', () => {
  const first = runJob(ask, data, ports).document;
  const second = {
    ...runJob({ ...ask, assumptions: { takerFee: amount('0.002') } }, data, ports).document,
    madeAt: ports.madeAt + 60_000,
  };
  const [one, two] = [storeDocument(data, first), storeDocument(data, second)];
  assert.match(one.id, /^20260102-030405-dca-btc-usdt-[0-9a-f]{6}$/);
  assert.equal(one.id, idOf(first));
  assert.deepEqual(
    listStored(data).map(({ id }) => id),
    [two.id, one.id],
  );
  assert.deepEqual(readStored(data, one.id), first);
  assert.equal(resolveId(data, 'last'), two.id);
  assert.equal(resolveId(data, '20260102-030405'), one.id);
  refusal(() => resolveId(data, '20260102'), 'backtest-unknown', /means 2 runs/);
  const { differing, rows } = compareDocuments([first, second]);
  assert.deepEqual(
    differing.map(({ name, values }) => [name, ...values]),
    [['assumed takerFee', '0.001', '0.002']],
  );
  assert.ok(rows.find(({ name }) => name === 'Profit')!.values.length === 2);
  removeStored(data, two.id);
  assert.equal(listStored(data).length, 1);
  refusal(() => readStored(data, two.id), 'backtest-unknown', /no stored run/);
  refusal(() => readStored(data, '../../etc/passwd'), 'backtest-unknown', /not the id/);
});

test('a damaged or newer result is refused by name', () => {
  mkdirSync(join(data, 'backtests'), { recursive: true });
  const { document } = runJob({ ...ask, startDates: 0, otherPath: false, dealOrders: 0 }, data, ports);
  const { id } = storeDocument(data, document);
  const path = join(data, 'backtests', `${id}.json`);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, text.slice(0, 100));
  refusal(() => readStored(data, id), 'backtest-damaged', /is damaged/);
  writeFileSync(path, JSON.stringify({ ...document, version: 99 }));
  refusal(() => readStored(data, id), 'backtest-newer', /newer version/);
  writeFileSync(path, '[]');
  refusal(() => readStored(data, id), 'backtest-damaged', /no report/);
  removeStored(data, id);
});

test('a bot that cannot know the future passes the check for it, one that does is found', () => {
  const { request } = prepare(ask, data);
  const honest = checkLookahead(request, runBacktest, 5);
  assert.deepEqual([honest.holds, honest.cuts.length], [true, 5]);
  assert.ok(honest.cuts.at(-1)!.fills > 10);
  const cheating = checkLookahead(
    request,
    (asked) => {
      // Leaves out what it would regret a day later.
      const result = runBacktest(asked);
      const { close, rows } = [...asked.series.values()][0]!;
      const later = (at: number): number => close[Math.min(rows - 1, Math.floor((at - request.from) / 900_000) + 96)]! / 100;
      return { ...result, fills: result.fills.filter((fill) => later(fill.at) >= Number(formatAmount(fill.price))) };
    },
    5,
  );
  assert.equal(cheating.holds, false);
  assert.ok(cheating.cuts.some(({ differs }) => differs !== null && differs.whole !== differs.cut));
  const short = truncated(series, cutsOf(request, 1)[0]!);
  assert.ok(short.rows < series.rows && short.close.length === short.rows);
});
