/** ccxt's own request builder, without a connection: what it makes of parameters is what its users' programs send. */
import { type FuzzOptions, fuzzKey } from '../../apps/vault/src/signer/dialect/testing/mutate.ts';
import { type Client, ccxtClass } from './fixture.ts';

type Rebuild = NonNullable<FuzzOptions['rebuild']>;
export type Raw = ReturnType<Rebuild>;

const Binance = await ccxtClass('./src/binance.js');

const apis: readonly (readonly [prefix: string, signed: string, open: string])[] = [
  ['/api/v3/', 'private', 'public'],
  ['/sapi/v1/', 'sapi', 'sapi'],
  ['/sapi/v3/', 'sapiV3', 'sapiV3'],
  ['/fapi/v1/', 'fapiPublic', 'fapiPublic'],
  ['/dapi/v1/', 'dapiPublic', 'dapiPublic'],
  ['/eapi/v1/', 'eapiPublic', 'eapiPublic'],
];

/** `now`: the time that the client stamps with, unix ms. */
export function ccxtBuilder(now: () => number) {
  const client: Client = new Binance({ apiKey: fuzzKey.apiKey, secret: fuzzKey.secret });
  client.nonce = now;
  client.options.recvWindow = undefined;

  const build = (method: string, path: string, isSigned: boolean, params: Record<string, unknown>): Raw => {
    const [prefix, signed, open] = apis.find(([it]) => path.startsWith(it))!;
    const built = client.sign(path.slice(prefix.length), isSigned ? signed : open, method, { ...params });
    return {
      method: built.method,
      target: String(built.url).replace(/^https:\/\/[^/]+/, ''),
      apiKey: built.headers?.['X-MBX-APIKEY'] ?? '',
      contentType: built.headers?.['Content-Type'] ?? '',
      body: built.body ?? '',
    };
  };

  const rebuild: Rebuild = (endpoint, values) => {
    const params = Object.fromEntries([...values].filter(([name]) => name !== 'signature'));
    const isOrder = endpoint.act === 'place';
    // Under `order` itself ccxt makes up an id where there is none, and what is compared should be what was sent.
    const raw = build(endpoint.method, isOrder ? '/api/v3/order/test' : endpoint.path, endpoint.security === 'signed', params);
    return isOrder ? { ...raw, target: raw.target.replace('/order/test', '/order') } : raw;
  };
  /** The request that `createOrder` would send. */
  const order = (...of: readonly unknown[]): Raw => {
    client.markets = { 'BTC/USDT': market, 'ETH/USDT': { ...market, id: 'ETHUSDT', symbol: 'ETH/USDT' } };
    return build('POST', '/api/v3/order', true, client.createOrderRequest(...of));
  };
  return { build, rebuild, order, secret: fuzzKey.secret };
}

const market = {
  id: 'BTCUSDT',
  symbol: 'BTC/USDT',
  base: 'BTC',
  quote: 'USDT',
  type: 'spot',
  spot: true,
  margin: false,
  contract: false,
  precision: { price: 0.01, amount: 0.00001 },
  limits: { amount: {}, price: {}, cost: {} },
  info: { orderTypes: ['LIMIT', 'LIMIT_MAKER', 'MARKET', 'STOP_LOSS_LIMIT', 'STOP_LOSS', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'] },
};
