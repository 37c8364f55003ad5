import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amount,
  amount,
  type BotId,
  clientOrderId,
  type Intent,
  type Pair,
  type PlaceOco,
  type Side,
} from '@holdfast/domain';
import { type AccountState, guard } from './guard.ts';

const btc = 'BTC/USDT' as Pair;
const mine = 'mine' as BotId;

const oco = (side: Side, quantity: string, limit: string, trigger: string, stop: string): PlaceOco => ({
  kind: 'place-oco',
  clientOrderId: clientOrderId('o'),
  pair: btc,
  side,
  quantity: amount(quantity),
  limitLeg: { clientOrderId: clientOrderId('t'), limit: amount(limit) },
  stopLeg: { clientOrderId: clientOrderId('s'), trigger: amount(trigger), limit: amount(stop) },
});

const account = (base: string, quote: string, others: readonly { side: Side; limit: string }[] = []): AccountState => ({
  available: (_, asset) => amount(asset === 'BTC' ? base : quote),
  orders: (pair, of) =>
    others
      .filter(({ side }) => side === of)
      .map(({ side, limit }) => ({ clientOrderId: clientOrderId('x'), bot: 'other' as BotId, pair, side, limit: amount(limit) })),
});

const held = (state: AccountState, ...intents: Intent[]): readonly string[] =>
  guard(mine, state, intents).heldBack.map(({ code }) => code);

test('both legs of an OCO take the coins once, and nothing more may be sold beside them', () => {
  const whole = oco('sell', '1', '110', '95', '94');
  assert.deepEqual(held(account('1', '0'), whole), []);
  assert.deepEqual(held(account('0.999', '0'), whole), ['E_POS']);
  assert.deepEqual(held(account('1', '0'), whole, { ...whole, quantity: 1n as Amount }), ['E_POS']);
});

test('an OCO to buy takes what its dearer leg may cost', () => {
  const entry = oco('buy', '1', '90', '105', '106');
  assert.deepEqual(held(account('0', '106'), entry), []);
  assert.deepEqual(held(account('0', '105.99'), entry), ['E_POS']);
});

test('neither leg of an OCO may cross an order of another bot', () => {
  const exit = oco('sell', '1', '110', '95', '94');
  assert.deepEqual(held(account('1', '0', [{ side: 'buy', limit: '93.9' }]), exit), []);
  assert.deepEqual(held(account('1', '0', [{ side: 'buy', limit: '94' }]), exit), ['E_STATE']);
});
