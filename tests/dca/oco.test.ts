/** Targets and stop of a deal that rest together, one cancelling the other, and what is done where the filters do not let them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import type { DcaSettingsInput } from '@holdfast/contracts';
import { formatAmount, type PairRules } from '@holdfast/domain';
import { DcaPlay, rules } from './play.ts';

const ocoRules: PairRules = { ...rules, maxOrderLists: 20 };
const plain = { averagingOrders: 0, takeProfitPercent: '2', stopLossPercent: '3' } as const;
const steps = { ...plain, takeProfitSteps: '2:50, 4:50' };

const started = (settings: Partial<DcaSettingsInput> = plain, change: Partial<PairRules> = {}): DcaPlay =>
  new DcaPlay(settings, { rules: { ...ocoRules, ...change } }).begin();

/** Orders at the exchange, legs of an OCO marked. */
const book = ({ exchange }: DcaPlay): readonly string[] =>
  [...exchange.resting.values()].map(({ intent, filled, twin }) => {
    const together = twin !== null && exchange.resting.has(twin) ? ' (oco)' : '';
    return `${intent.order} ${intent.side} ${formatAmount(intent.quantity - filled)} at ${formatAmount(intent.limit)}${together}`;
  });
const endings = ({ closed }: DcaPlay): readonly string[] => closed.map(({ ending }) => ending);

test('take profit and stop rest as one OCO for the same coins, and nothing is watched but the limit of the stop', () => {
  const play = started();
  assert.deepEqual(book(play), ['stop-limit sell 0.00999 at 9661.18 (oco)', 'limit sell 0.00999 at 10220.45 (oco)']);
  assert.match(
    play.waitingFor,
    /10220\.45 \(2\.2 % above the last buy\) to take profit, or .* 9709\.72 to stop the loss \(resting at the exchange\)$/,
  );
  assert.deepEqual([play.report.stopLoss?.notResting, play.report.takeProfit?.clientOrderId], [null, 'dca-1-t2']);
  assert.deepEqual(
    play.wakes.map((wake) => (wake.kind === 'price' ? `${wake.when} ${wake.price}` : wake.kind)),
    ['at-or-below 966117'],
  );
});

test('the exchange takes the profit, or stops the loss, without being asked anything', () => {
  for (const [price, ending] of [
    ['10221', 'take-profit'],
    ['9709', 'stop-loss'],
  ] as const) {
    const play = started();
    play.ask({ name: 'stop' });
    const asked = play.intents.length;
    play.tick(price);
    assert.deepEqual([endings(play), play.intents.length, book(play)], [[ending], asked, []]);
  }
});

test('each target rests with a stop of its own; a fill of the ladder moves all of them', () => {
  const play = started({ ...steps, averagingOrders: 1, stepPercent: '1' });
  assert.deepEqual(book(play), [
    'stop-limit sell 0.00499 at 9661.18 (oco)',
    'limit sell 0.00499 at 10220.45 (oco)',
    'stop-limit sell 0.005 at 9661.18 (oco)',
    'limit sell 0.005 at 10420.85 (oco)',
    'limit buy 0.00505 at 9909.91',
  ]);
  play.tick('9909');
  assert.deepEqual(book(play), [
    'stop-limit sell 0.00751 at 9661.18 (oco)',
    'limit sell 0.00751 at 10189.55 (oco)',
    'stop-limit sell 0.00752 at 9661.18 (oco)',
    'limit sell 0.00752 at 10389.34 (oco)',
  ]);
  play.tick('10200');
  assert.deepEqual(book(play), ['stop-limit sell 0.00752 at 9661.18 (oco)', 'limit sell 0.00752 at 10389.34 (oco)']);
  play.ask({ name: 'stop' });
  play.tick('9700');
  assert.deepEqual(endings(play), ['stop-loss']);
});

test('the table of the page is what rests', () => {
  const page = readFileSync(resolve(import.meta.dirname, '../../docs/bots/dca.md'), 'utf8');
  const rows = page.slice(page.indexOf('| leg | sells |')).split('\n\n')[0]!.split('\n').slice(2);
  const said = rows.map((row) => row.split('|').map((cell) => cell.trim())).map(([, , ...cells]) => cells.slice(0, 3).join(' '));
  const play = started({ ...steps, averagingOrders: 0 });
  const rests = [...play.exchange.resting.values()].map(({ intent: { quantity, limit, trigger } }) =>
    [quantity, limit, trigger].map((value) => (value === undefined ? '' : formatAmount(value))).join(' '),
  );
  assert.deepEqual(rests, said);
});

test('a stop that is triggered sells by itself until the market is below its limit: then the rest goes at the market', () => {
  const play = started({ ...plain, averagingOrders: 1, stepPercent: '2' });
  play.ask({ name: 'stop' });
  play.tick('9709', 40);
  assert.deepEqual([book(play), play.phase], [['stop-limit sell 0.006 at 9661.18'], 'closing']);
  play.tick('9600');
  assert.deepEqual([endings(play), book(play)], [['stop-loss'], []]);
  assert.equal(play.intents.at(-1)?.kind, 'place-order');
});

test('a target that fills in part loses its stop: the price is watched for it, and it rests again when the market has left', () => {
  const play = started();
  play.tick('10220.45', 30);
  assert.deepEqual(book(play), ['limit sell 0.007 at 10220.45']);
  assert.match(play.waitingFor, /not resting, watched by the engine/);
  play.tick('10200', 0);
  assert.deepEqual(book(play), ['stop-limit sell 0.007 at 9661.18 (oco)', 'limit sell 0.007 at 10220.45 (oco)']);
  play.tick('9700');
  assert.equal(play.closed[0]?.ending, 'stop-loss');
});

test('before a trailed target the steps rest with the stop, and what is left with a stop alone', () => {
  const play = started({ ...steps, trailingPercent: '0.5' });
  assert.deepEqual(book(play), [
    'stop-limit sell 0.00499 at 9661.18 (oco)',
    'limit sell 0.00499 at 10220.45 (oco)',
    'stop-limit sell 0.005 at 9661.18',
  ]);
});

test('the stop that is moved to the cost moves in its OCO', () => {
  const play = started({ ...steps, breakevenSteps: 1 });
  play.tick('10221');
  assert.deepEqual(book(play), ['stop-limit sell 0.005 at 9969.95 (oco)', 'limit sell 0.005 at 10420.85 (oco)']);
});

test("where the exchange's numbers allow fewer stops than targets, one exit rests as restsFirst says, and the deal says why", () => {
  assert.deepEqual(book(started(steps, { maxAlgoOrders: 1 })), ['stop-limit sell 0.00999 at 9661.18']);
  const targets = started({ ...steps, restsFirst: 'take-profit' }, { maxAlgoOrders: 1 });
  assert.deepEqual(book(targets), ['limit sell 0.00499 at 10220.45', 'limit sell 0.005 at 10420.85']);
  assert.equal(targets.report.stopLoss?.notResting, 'the take profit rests first');
  const none = started(plain, { maxAlgoOrders: 0 });
  assert.deepEqual(book(none), ['limit sell 0.00999 at 10220.45']);
  assert.match(none.report.stopLoss?.notResting ?? '', /no further stop order .*MAX_NUM_ALGO_ORDERS/);
});

/** The base order is done; what is asked next has these fates. */
function before(settings: Partial<DcaSettingsInput>): DcaPlay {
  const play = new DcaPlay(settings, { rules: ocoRules });
  play.send({ kind: 'started' });
  play.exchange.arrive({ kind: 'take' }, 100);
  while (play.deliver());
  return play;
}

test('an OCO that the vault will not take rests as one exit, and the reason is said', () => {
  const play = before({ ...plain, restsFirst: 'take-profit' });
  play.exchange.arrive({ kind: 'refuse', code: 'E_BURN' }, 0);
  play.settle();
  assert.deepEqual(book(play), ['limit sell 0.00999 at 10220.45']);
  assert.match(play.report.stopLoss?.notResting ?? '', /the take profit rests first; both together: .*E_BURN/);
  play.tick('9700');
  assert.equal(play.closed[0]?.ending, 'stop-loss');
});

test('an OCO that the exchange rejects is tried three times, then one exit rests', () => {
  const play = before(plain);
  for (let tries = 0; tries < 3; tries++) {
    play.exchange.arrive({ kind: 'reject' }, 0);
    while (play.deliver());
    play.wait();
  }
  play.settle();
  assert.equal(play.intents.filter(({ kind }) => kind === 'place-oco').length, 3);
  assert.deepEqual(book(play), ['stop-limit sell 0.00999 at 9661.18']);
});

test('a cancel that is too late for one leg is asked again for the other', () => {
  const play = started({ ...steps });
  play.ask({ name: 'close-now' });
  play.exchange.move(play.exchange.price, 0);
  play.settle();
  assert.deepEqual([endings(play)[0], book(play).filter((line) => line.includes('(oco)')).length % 2], ['closed', 0]);
});

test('short deals rest one exit: at the stop their coins cost more than they brought', () => {
  const play = started({ ...plain, direction: 'short' });
  assert.deepEqual(
    play.book.map((line) => line.split(' ')[0]),
    ['stop-limit'],
  );
});

test('exits go before averaging orders where the exchange has too few places for all', () => {
  const ladder = { ...plain, averagingOrders: 3, averagingOrdersActive: 3, stepPercent: '0.5' };
  const play = started(ladder, { maxOrders: 4 });
  assert.equal(
    book(play).filter((line) => line.startsWith('limit buy')).length,
    1,
    'the OCO and the room for a stop are kept free',
  );
  const crowded = new DcaPlay({ ...ladder, stopLossPercent: '0' }, { rules: ocoRules });
  crowded.send({ kind: 'started' });
  crowded.exchange.arrive({ kind: 'take' }, 100);
  while (crowded.deliver());
  crowded.exchange.arrive({ kind: 'filter', name: 'MAX_NUM_ORDERS' }, 0);
  crowded.settle();
  assert.equal(book(crowded).length, 2, 'the farthest has made room');
  crowded.wait();
  crowded.settle();
  assert.deepEqual(
    book(crowded).map((line) => line.split(' at ')[1]),
    ['9959.96', '9909.91', '10220.45'],
  );
  assert.match(crowded.waitingFor, /; 2 averaging orders rest at once, the others not: .*MAX_NUM_ORDERS/);
});
