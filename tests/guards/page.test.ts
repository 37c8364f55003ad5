/** docs/guards.md: its table is the schema's, and its example plays as it stands. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { orderName } from '@holdfast/bots';
import { guardSettings } from '@holdfast/contracts';
import {
  type Amount,
  amount,
  asset,
  type BotId,
  baseOf,
  type EpochMs,
  multiply,
  type Pair,
  type PlaceOrder,
  quoteOf,
  type Side,
} from '@holdfast/domain';
import {
  dealClosed,
  dealOf,
  type GuardState,
  type GuardView,
  guardsAtFirst,
  judgeGuards,
  priceSaid,
  readGuardSettings,
} from '@holdfast/runtime';
import { z } from 'zod';

const page = readFileSync(join(resolve(import.meta.dirname, '../..'), 'docs/guards.md'), 'utf8');
const btc = 'BTC/USDT' as Pair;
const usdt = asset('USDT');
const minuteMs = 60_000;

test('the page lists every setting with its unit, default and sentence', () => {
  const { properties = {} } = z.toJSONSchema(guardSettings, { io: 'input' }) as {
    properties?: Record<string, Record<string, unknown>>;
  };
  const rows = Object.entries(properties).map(([name, { unit, description, default: initial }]) => {
    const said = initial === undefined ? 'none' : String(initial);
    return `| \`${name}\` | ${unit ?? ''} | ${said} | ${description} |`;
  });
  assert.ok(rows.length >= 10);
  assert.deepEqual(
    rows.filter((row) => !page.includes(row)),
    [],
  );
});

/** Bots without an engine: what they hold, what they have on order, and the guards. */
class Example {
  settings = readGuardSettings(guardSettings.parse({}));
  state: GuardState = guardsAtFirst;
  at = 20_000 * 86_400_000;
  price = amount('0');
  held = 0n;
  readonly deals = new Map<string, string>();
  readonly open: PlaceOrder[] = [];

  get view(): GuardView {
    return {
      settings: this.settings,
      state: this.state,
      at: this.at as EpochMs,
      quote: usdt,
      deals: () => new Set(this.deals.values()),
      price: (of) => (of === usdt ? amount('1') : this.price),
      held: () => this.held as Amount,
      buying: () =>
        this.open.map(({ pair, quantity, limit }) => ({ asset: quoteOf(pair), amount: multiply(quantity, limit, 'up') })),
    };
  }

  /** What becomes of a line: `passes`, a code, `trips`, or nothing to say. */
  play(line: string): string | undefined {
    const [word = '', ...rest] = line.split(' ');
    if (word === 'set') return this.set(rest.join(' '));
    if (word === 'price') return this.priced(rest[0] ?? '');
    if (word === 'wait') return this.wait(Number(rest[0]));
    if (word === 'closed') return this.closed(rest[0] ?? '', rest[2] ?? '');
    const [, side, quantity, , role, , limit] = [word, ...rest];
    return this.asked(word, side === 'buys' ? 'buy' : 'sell', quantity ?? '', role as 'base', limit ?? '');
  }

  wait(minutes: number): undefined {
    this.at += minutes * minuteMs;
  }

  set(text: string): undefined {
    const changes = text.split(', ').map((each) => each.split(' ') as [string, string]);
    const named = changes.map(([name, value]) => [name, name === 'maxDeals' || name.endsWith('Minutes') ? Number(value) : value]);
    this.settings = readGuardSettings(guardSettings.parse(Object.fromEntries(named)));
  }

  priced(text: string): string | undefined {
    this.price = amount(text);
    this.at += 1000;
    const { state, trip } = priceSaid(this.settings, this.state, btc, this.price, this.at as EpochMs);
    this.state = state;
    return trip === null ? undefined : 'trips';
  }

  closed(bot: string, profit: string): string | undefined {
    this.deals.delete(bot);
    const deal = { quote: usdt, profit: amount(profit), at: this.at as EpochMs };
    const { state, trip } = dealClosed(this.settings, this.state, deal, this.view);
    this.state = state;
    return trip === null ? undefined : 'trips';
  }

  /** At or above the price of now it is filled at once, below it rests; sales are filled. */
  asked(bot: string, side: Side, quantity: string, role: 'base' | 'averaging' | 'take-profit', limit: string): string {
    const order: PlaceOrder = {
      kind: 'place-order',
      clientOrderId: orderName({ bot: bot as BotId, deal: 1, role, sequence: 1 }),
      pair: btc,
      side,
      order: 'limit',
      quantity: amount(quantity),
      limit: amount(limit),
    };
    assert.equal(baseOf(btc), 'BTC');
    const refusal = judgeGuards(this.view, order);
    if (refusal !== undefined) return refusal.code;
    if (role === 'base') this.deals.set(bot, dealOf(order) ?? '');
    if (side === 'buy' && order.limit < this.price) this.open.push(order);
    else this.held += side === 'buy' ? order.quantity : -order.quantity;
    return 'passes';
  }
}

test('the example plays as the page says', () => {
  const text = /```guards\n([\s\S]*?)```/.exec(page)?.[1] ?? '';
  const lines = text.trim().split('\n');
  assert.ok(lines.length > 15, 'the example is on the page');
  const example = new Example();
  for (const line of lines) {
    const [act = '', becomes] = line.split(': ');
    assert.equal(example.play(act), becomes, line);
  }
});
