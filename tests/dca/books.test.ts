/** The bot's own counting, the ledger and the views, fed with the same random fills, agree to the last digit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DcaState, dca, readOrderName } from '@holdfast/bots';
import { dcaSettings } from '@holdfast/contracts';
import { type Amount, type Asset, amount, type BotId, type ClosedDeal, type OrderEvent, ticks } from '@holdfast/domain';
import { botBook, Ledger } from '@holdfast/ledger';
import { BotPlay, ScriptedExchange, testRules } from '@holdfast/testkit';
import { dealFigures, type FillRecord, profitView } from '@holdfast/views';
import fc from 'fast-check';

const rules = testRules('BTC/USDT', '0.01', '0.00001', '5');
const bot = 'books' as BotId;
const [BTC, USDT] = ['BTC' as Asset, 'USDT' as Asset];
const funds = amount('1000');

interface Told {
  readonly play: BotPlay<DcaState>;
  readonly closed: ClosedDeal[];
}

function newPlay(feeAsset: 'base' | 'quote'): Told {
  const settings = dca.readSettings(
    rules.pair,
    dcaSettings.parse({ baseOrderSize: '100', averagingOrderSize: '60', takeProfitPercent: '0.8', feeAsset }),
  );
  const closed: ClosedDeal[] = [];
  const exchange = new ScriptedExchange({
    rules,
    base: amount('0'),
    quote: funds,
    fee: settings.fee,
    feeAsset,
    price: ticks(1_000_000),
  });
  const birth = dca.initial(settings, { bot, rules, allotted: { USDT: funds } });
  const play = new BotPlay<DcaState>(exchange, birth, (state, event) => {
    const result = dca.step(settings, state, event);
    if (!('unchanged' in result)) closed.push(...dca.closedDeals(state, result.state));
    return result;
  });
  play.send({ kind: 'started' });
  return { play, closed };
}

const fillsOf = (play: BotPlay<DcaState>) =>
  play.delivered.flatMap((answer) =>
    answer.kind === 'order-event' && answer.event.kind === 'order-filled' ? [answer.event] : [],
  );

const record = (fill: Extract<OrderEvent, { kind: 'order-filled' }>): FillRecord => ({
  ...fill,
  deal: readOrderName(fill.clientOrderId)!.deal,
});

function ledgerOf(play: BotPlay<DcaState>): Ledger {
  const ledger = new Ledger();
  const { at } = play.exchange;
  ledger.deposit(USDT, funds, 'test', at);
  ledger.allot(bot, USDT, funds, 'test', at);
  for (const fill of fillsOf(play)) {
    ledger.fill({ ...fill, bot });
    ledger.fill({ ...fill, bot });
  }
  return ledger;
}

const moves = fc.array(
  fc.record({
    by: fc.integer({ min: -150, max: 160 }),
    share: fc.integer({ min: 20, max: 150 }),
    cancel: fc.nat(30),
    wait: fc.boolean(),
  }),
  { minLength: 10, maxLength: 80 },
);

for (const feeAsset of ['base', 'quote'] as const) {
  test(`bot, ledger, views and exchange agree, fee in ${feeAsset}`, () => {
    fc.assert(
      fc.property(moves, (steps) => {
        const { play, closed } = newPlay(feeAsset);
        for (const { by, share, cancel, wait } of steps) {
          if (cancel === 0) play.command('cancel-deal');
          if (cancel === 1) play.command('close-now');
          if (wait) play.wait();
          play.exchange.move(ticks(Math.max(play.exchange.price + by * 100, 10_000)), Math.min(share, 100));
          play.settle(Math.min(share, 100));
        }
        const { state, exchange } = play;
        const ledger = ledgerOf(play);
        assert.equal(ledger.total(USDT), exchange.quote);
        assert.equal(ledger.total(BTC), exchange.base);
        assert.equal(ledger.balance(botBook(bot), USDT), state.quote);
        assert.equal(ledger.balance(botBook(bot), BTC), state.base);

        const fills = fillsOf(play).map(record);
        const cancelled = new Set(closed.filter(({ ending }) => ending === 'cancelled').map(({ number }) => number));
        const view = profitView(fills, cancelled);
        assert.equal(view.realised, state.realised);
        for (const deal of closed) {
          assert.equal(view.deals.find((each) => each.deal === deal.number)?.profit ?? 0n, deal.profit);
          const figures = dealFigures(fills.filter((fill) => fill.deal === deal.number));
          assert.deepEqual([figures.spent, figures.received, figures.earned], [deal.spent, deal.bought, deal.proceeds]);
        }
        const open = (state.deal?.held ?? state.dust).quantity;
        assert.equal(view.position.quantity, open);
        assert.equal(view.kept.quantity, state.kept.quantity);
        const costs = (view.position.cost + view.kept.cost) as Amount;
        assert.equal(funds + state.realised - costs, state.quote);
      }),
      { numRuns: 150 },
    );
  });
}
