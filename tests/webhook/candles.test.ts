/** Signal bots on recorded candles: a strategy that turns every few hours. No exception, and the books agree to the last digit. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { type SignalState, signal } from '@holdfast/bots';
import { signalSettings } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  type BotId,
  baseOf,
  type ClosedDeal,
  divide,
  formatAmount,
  priceAmount,
  quoteOf,
  type SignalAsk,
  ticks,
  unit,
} from '@holdfast/domain';
import { BotPlay, ScriptedExchange } from '@holdfast/testkit';
import { folder, markets, minutesOf } from '../dca/markets.ts';

const minutes = 6000;
const turnEvery = 97;
const exits = {
  targets: [
    { order: 'limit', percent: amount('1'), share: amount('40'), trailing: amount('0') },
    { order: 'market', percent: amount('2.5'), share: amount('60'), trailing: amount('0.7') },
  ],
  stop: { order: 'market', percent: amount('2'), trailing: amount('0') },
} as const;

for (const { name, file, from, rules, sizes, funds } of markets) {
  const path = resolve(folder, file);
  test(`${name}: long and short by turns, with targets and stop`, {
    skip: existsSync(path) ? false : `no ${file} beside the repository`,
  }, (context) => {
    const tape = minutesOf(path, Date.parse(from), minutes, rules);
    const price = ticks(tape[0]!.path[0]!);
    const size = sizes.baseOrderSize;
    const most = formatAmount((amount(size) * 3n) as Amount);
    const text = { direction: 'both' as const, size, maxEntryQuote: most, maxInvestmentQuote: most, slippagePercent: '1' };
    const settings = signal.readSettings(rules.pair, signalSettings.parse(text));
    const given = {
      quote: amount(funds),
      base: divide(divide(amount(funds) * unit, priceAmount(price, rules), 'down'), rules.lot, 'down') * rules.lot,
    } as { quote: Amount; base: Amount };
    const exchange = new ScriptedExchange({ rules, ...given, fee: settings.fee, feeAsset: 'base', price });
    const [base, quote] = [baseOf(rules.pair), quoteOf(rules.pair)];
    const birth = signal.initial(settings, {
      bot: 'sig' as BotId,
      rules,
      allotted: { [base]: given.base, [quote]: given.quote },
    });
    const closed: ClosedDeal[] = [];
    const play = new BotPlay<SignalState>(exchange, birth, (state, event) => {
      const result = signal.step(settings, state, event);
      if (!('unchanged' in result)) closed.push(...signal.closedDeals(state, result.state));
      return result;
    });
    const react = (): void => {
      play.settle();
      for (let n = 0; n < 30 && play.fire(); n++) play.settle();
    };
    const say = (ask: SignalAsk, id: number): void => {
      play.send({ kind: 'signal', signal: { id: `s${id}`, price: null, ask } } as { kind: 'signal' });
      react();
    };
    const late = (): boolean => play.wakes.some((wake) => wake.kind === 'time' && wake.at <= exchange.at);
    play.send({ kind: 'started' });
    for (const [index, minute] of tape.entries()) {
      for (const at of minute.path) {
        if (at !== exchange.price) exchange.move(ticks(at), 100);
        exchange.pass(15_000);
        for (let n = 0; n < 5 && late(); n++) play.wait();
        react();
      }
      const direction = Math.floor(index / turnEvery) % 2 === 0 ? 'long' : 'short';
      if (index % turnEvery === 0) say({ kind: 'enter', direction, size: null, limit: null, exits }, index);
      if (index % turnEvery === turnEvery - 20) say({ kind: 'exit', direction, size: null }, index);
    }
    say({ kind: 'disable', open: 'close' }, minutes);
    for (let n = 0; n < 60 && play.state.position !== null; n++) if (play.settle() && !play.wait()) play.fire();
    play.settle();
    const { book, dust, kept, realised, orders, position } = play.state;
    assert.deepEqual([book[base], book[quote]], [exchange.base, exchange.quote]);
    assert.deepEqual([position, orders.length, exchange.resting.size], [null, 0, 0]);
    assert.equal(
      realised,
      closed.reduce((sum, { profit }) => sum + profit, 0n),
    );
    assert.ok(dust.quantity >= 0n && kept.quantity >= 0n);
    assert.equal(exchange.base + exchange.outside.base + exchange.outside.feeBase, given.base);
    assert.equal(exchange.quote + exchange.outside.quote + exchange.outside.feeQuote, given.quote);
    const ocos = play.intents.filter(({ kind }) => kind === 'place-oco').length;
    assert.ok(closed.length > 30 && ocos > 10, `${closed.length} positions, ${ocos} OCOs`);
    context.diagnostic(`${closed.length} positions, ${formatAmount(realised)} ${quote}, ${ocos} OCOs, ${tape.length} minutes`);
  });
}
