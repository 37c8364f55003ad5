/** As in 2022: the exchange keys lie in the application's database, and whoever has the database signs with them. */
import { createHmac, randomBytes } from 'node:crypto';
import { formatAmount, type OrderKind, type Pair } from '@holdfast/domain';
import type { Hands, HostileOrder, Outcome } from './hands.ts';
import type { World } from './world.ts';

interface StolenKey {
  readonly apiKey: string;
  readonly secret: string;
}

const types: Readonly<Record<OrderKind, Readonly<Record<string, string>>>> = {
  limit: { type: 'LIMIT', timeInForce: 'GTC' },
  'post-only': { type: 'LIMIT_MAKER' },
  ioc: { type: 'LIMIT', timeInForce: 'IOC' },
  fok: { type: 'LIMIT', timeInForce: 'FOK' },
  'stop-limit': { type: 'STOP_LOSS_LIMIT', timeInForce: 'GTC' },
};

const symbolOf = (pair: Pair): string => pair.replace('/', '');

/** How far off the true price the thief trades on a liquid pair: more would meet other people's orders first. */
const liquidEdgeBps = 200;

export function stolenKeys(world: World): Hands {
  const { exchange, clock } = world;
  const keys = world.victims.map((userId): StolenKey => {
    const secret = randomBytes(32).toString('hex');
    const { apiKey } = exchange.addKey({ userId, type: 'hmac', secret, permissions: ['reading', 'trading'] });
    return { apiKey, secret };
  });

  const send = (victim: number, method: 'POST' | 'DELETE', params: Readonly<Record<string, string>>): Outcome => {
    const { apiKey, secret } = keys[victim]!;
    const text = new URLSearchParams({ ...params, timestamp: String(clock.now()) }).toString();
    const query = `${text}&signature=${createHmac('sha256', secret).update(text).digest('hex')}`;
    const headers = { 'X-MBX-APIKEY': apiKey };
    const { status, body } = exchange.request({ method, path: '/api/v3/order', query, headers, body: '' }, `thief-${victim}`);
    const answer = JSON.parse(body) as { code?: number; msg?: string; clientOrderId?: string };
    if (status === 200) return { kind: 'approved', id: answer.clientOrderId ?? '' };
    return { kind: 'refused', code: `EXCHANGE_${Math.abs(answer.code ?? 0)}`, reason: answer.msg ?? '' };
  };

  const orderParams = ({ pair, side, kind, quantity, limit, trigger }: HostileOrder): Record<string, string> => ({
    symbol: symbolOf(pair),
    side: side.toUpperCase(),
    ...types[kind],
    quantity: formatAmount(quantity),
    price: formatAmount(limit),
    ...(trigger === undefined ? {} : { stopPrice: formatAmount(trigger) }),
  });

  return {
    by: 'exchange-keys',
    edgeBps: liquidEdgeBps,
    order: async (victim, order) => send(victim, 'POST', orderParams(order)),
    cancel: async (victim, pair, id) => send(victim, 'DELETE', { symbol: symbolOf(pair), origClientOrderId: id }),
  };
}
