/** From raw bytes to typed values: breach cases of the dialect and its parser, and agreement with ccxt's own builder. */
import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { test } from 'node:test';
import { amount, formatAmount } from '@holdfast/domain';
import fc from 'fast-check';
import { createAdmission } from '../../apps/vault/src/signer/dialect/admission.ts';
import { DialectError } from '../../apps/vault/src/signer/dialect/dialect-error.ts';
import { createFreshness } from '../../apps/vault/src/signer/dialect/freshness.ts';
import { readOrder } from '../../apps/vault/src/signer/dialect/order-request.ts';
import { fuzzKey, runDialectFuzz, signText } from '../../apps/vault/src/signer/dialect/testing/mutate.ts';
import { isOrdinaryRead, isTheft } from '../../apps/vault/src/signer/dialect/theft.ts';
import { ccxtBuilder, type Raw } from './ccxt-builder.ts';

let now = 1_790_000_000_000;
const ccxt = ccxtBuilder(() => now);
const other = 'e'.repeat(64);
const secrets = new Map([
  [fuzzKey.apiKey, createSecretKey(Buffer.from(fuzzKey.secret, 'latin1'))],
  [other, createSecretKey(Buffer.from('f'.repeat(64), 'latin1'))],
]);

function newAdmission() {
  const findKey = (apiKey: string) => {
    const secret = secrets.get(apiKey);
    return secret === undefined ? undefined : { grant: apiKey, secret };
  };
  return createAdmission({ findKey, checkFresh: createFreshness({ now: () => now, exchangeNow: null }) });
}

/** The code with which a request is refused, or 'admitted'. */
function outcome(request: Partial<Raw>, admit = newAdmission()): string {
  const whole: Raw = { method: 'GET', target: '/', apiKey: fuzzKey.apiKey, contentType: '', body: '', ...request };
  try {
    const { endpoint, values } = admit(whole);
    if (endpoint.act === 'place') readOrder(values);
    return 'admitted';
  } catch (error) {
    if (!(error instanceof DialectError)) throw error;
    return error.refusal ?? String(error.code);
  }
}

const signed = (payload: string): string => `${payload}&signature=${signText(payload, fuzzKey.secret)}`;
const order = 'symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.01&price=60000';
const post = (payload: string): Partial<Raw> => ({ method: 'POST', target: `/api/v3/order?${signed(payload)}` });
const ordered = (change: string): string => outcome(post(`${order}&timestamp=${now}${change}`));

test('13: a path is what its bytes say, or it is nothing', () => {
  const query = signed(`timestamp=${now}`);
  const paths = [
    '/api/v3/../../sapi/v1/capital/withdraw/apply',
    '/api/v3/%2e%2e/%2e%2e/sapi/v1/capital/withdraw/apply',
    '//sapi/v1/capital/withdraw/apply',
    '/api\\..\\sapi\\v1\\capital\\withdraw\\apply',
    '/api/v3/account;x=1',
    '/api/v3/account%00',
    '/api/v3/account/',
    '/API/v3/account',
    '/api/v3/Account',
    'http://127.0.0.1/api/v3/account',
    '/api/v3/account#x',
    '/api//v3/account',
    '/./api/v3/account',
    '*',
    '',
  ];
  for (const path of paths) assert.equal(outcome({ target: `${path}?${query}` }), 'E_PATH', path);
  assert.equal(outcome({ target: `/api/v3/account?${query}` }), 'admitted');
});

test('14: withdrawals, transfers, keys and loans have no path, and are told from what clients read', () => {
  const theft = [
    '/sapi/v1/capital/withdraw/apply',
    '/sapi/v1/asset/transfer',
    '/sapi/v1/futures/transfer',
    '/sapi/v1/sub-account/universalTransfer',
    '/sapi/v1/sub-account/subAccountApi/ipRestriction',
    '/sapi/v1/giftcard/createCode',
    '/sapi/v1/broker/subAccountApi',
    '/sapi/v1/account/enableFastWithdrawSwitch',
    '/sapi/v1/margin/borrow-repay',
    '/sapi/v1/convert/acceptQuote',
    '/sapi/v1/asset/dust',
    '/api/v3/%2e%2e/%2e%2e/sapi/v1/capital/%77ithdraw/apply',
    '/sapi/v1/capital/WITHDRAW/apply',
    '/sapi/v2/loan/flexible/repay',
    '/v2/portfolios/move_funds',
    '/0/private/WalletTransfer',
    '/0/private/CreateSubaccount',
    '/api/v1/sub/api-key/update',
    '/api/v2/sub/user/created',
    '/api/v3/user/create-sub-api',
    '/api/v5/account/move-positions',
    '/v5/user/update-api',
    '/v5/user/delete-api',
    '/api/v4/sub_accounts/1/keys',
    '/api/v2/private/add_to_address_book',
    '/api/v2/private/change_scope_in_api_key',
  ];
  for (const path of theft) {
    assert.equal(outcome({ method: 'POST', target: `${path}?${signed(`timestamp=${now}`)}` }), 'E_PATH', path);
    assert.ok(isTheft('POST', path), path);
  }
  assert.ok(isTheft('GET', '/api/v2/private/withdraw'), 'what is changed by reading');
  for (const path of [
    '/api/v3/preventedMatches',
    '/sapi/v1/accountSnapshot',
    '/fapi/v3/account',
    '/sapi/v1/capital/deposit/address',
  ])
    assert.ok(isOrdinaryRead('GET', path) && !isTheft('GET', path), path);
  for (const path of ['/api/v3/sor/order', '/api/v3/orderList/oto', '/api/v3/orderList/opoco', '/sapi/v1/margin/order/oco'])
    assert.equal(outcome({ method: 'POST', target: `${path}?${signed(`${order}&timestamp=${now}`)}` }), 'E_PATH', path);
});

test('15: a known path with another method is no path', () => {
  const query = signed(`symbol=BTCUSDT&timestamp=${now}`);
  for (const method of ['GET', 'PUT', 'PATCH', 'HEAD', 'get', 'OPTIONS', ''])
    assert.equal(outcome({ method, target: `/api/v3/openOrders/x?${query}` }), 'E_PATH');
  assert.equal(outcome({ method: 'POST', target: `/api/v3/openOrders?${query}` }), 'E_PATH');
  assert.equal(outcome({ method: 'DELETE', target: `/api/v3/openOrders?${query}` }), 'admitted');
});

test('16: no name stands twice, be it in the query and in the body', () => {
  assert.equal(ordered('&price=1'), 'E_PARAM');
  const form = 'application/x-www-form-urlencoded';
  const body = signed(`${order}&timestamp=${now}`);
  const inBody = { method: 'POST', target: '/api/v3/order', contentType: form, body };
  assert.equal(outcome(inBody), 'admitted');
  assert.equal(outcome({ ...inBody, body: signed(`${order}&price=1&timestamp=${now}`) }), 'E_PARAM');
  assert.equal(outcome({ ...inBody, target: '/api/v3/order?price=1' }), 'E_SIG', 'what the query adds was not signed');
  const both = (query: string, more: string, inQuery = query): Partial<Raw> => {
    const signature = signText(query + more, fuzzKey.secret);
    return { ...inBody, target: `/api/v3/order?${inQuery}&signature=${signature}`, body: more };
  };
  // As go-binance sends it, the signature at the end of the query.
  assert.equal(outcome(both(`timestamp=${now}`, order)), 'admitted');
  assert.equal(outcome(both(`timestamp=${now}&price=1`, order)), 'E_PARAM', 'once in each');
  assert.equal(outcome(both(`timestamp=${now}`, body)), 'E_PARAM', 'a second signature in the body');
  assert.equal(outcome(both(`${order}&timestamp=${now}`, body.slice(0, -1))), 'E_PARAM');
  assert.equal(outcome(both(`timestamp=${now}`, `&${order}`)), 'E_PARAM');
  assert.equal(outcome(both(`timestamp=${now}&`, order)), 'E_PARAM');
  assert.equal(outcome({ ...both(`timestamp=${now}`, order), body: order.replace('60000', '60001') }), 'E_SIG');
  assert.equal(
    outcome({ ...inBody, contentType: 'application/json' }),
    'admitted',
    'a form is read as one, however it is called',
  );
  assert.equal(outcome({ ...inBody, contentType: 'application/json', body: '{"symbol":"BTCUSDT"}' }), 'E_SIG');
  const asJson = `{"symbol":"BTCUSDT"}&timestamp=${now}`;
  assert.equal(outcome({ ...inBody, contentType: 'application/json', body: signed(asJson) }), 'E_PARAM');
  assert.equal(outcome({ ...inBody, contentType: 'multipart/form-data' }), 'E_PARAM');
  const account = { target: '/api/v3/account', contentType: form, body: signed(`timestamp=${now}`) };
  assert.equal(outcome(account), 'E_PARAM', 'a GET has no body');
});

test('16: what was signed is read in one way, wherever it is cut into query and body', () => {
  const client = '&newClientOrderId=priceside&stopPrice=1&newOrderRespType=ACK&recvWindow=5000';
  for (const [query, more] of [
    [`${order}&timestamp=${now}`, ''],
    [`timestamp=${now}`, order],
    [`timestamp=${now}${client}`, order],
    [`${order}${client}`, `timestamp=${now}`],
  ] as const) {
    const whole = query + more;
    const signature = signText(whole, fuzzKey.secret);
    const admitted = Array.from({ length: whole.length + 1 }, (_, at) => at).filter((at) => {
      const target = at === 0 ? '/api/v3/order/test' : `/api/v3/order/test?${whole.slice(0, at)}&signature=${signature}`;
      const rest = at === 0 ? `${whole}&signature=${signature}` : whole.slice(at);
      const contentType = 'application/x-www-form-urlencoded';
      return outcome({ method: 'POST', target, contentType, body: rest }) === 'admitted';
    });
    // In one text it may stand in either place.
    assert.deepEqual(admitted, more === '' ? [0, whole.length] : [query.length], `${query} ${more}`);
  }
});

test('the documented example of a request in both places is read as it was signed', () => {
  const apiKey = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A';
  const secret = createSecretKey(Buffer.from('NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j', 'latin1'));
  const clock = { now: () => 1_499_827_319_559, exchangeNow: null };
  const admit = createAdmission({ findKey: () => ({ grant: apiKey, secret }), checkFresh: createFreshness(clock) });
  const signature = '0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77';
  const { values } = admit({
    method: 'POST',
    target: '/api/v3/order?symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC',
    apiKey,
    contentType: 'application/x-www-form-urlencoded',
    body: `quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559&signature=${signature}`,
  });
  assert.deepEqual([values.get('symbol'), values.get('quantity'), values.get('price')], ['LTCBTC', '1', '0.1']);
});

test('17: text and signature are compared as they came: what is encoded another way is another text', () => {
  assert.equal(ordered(''), 'admitted');
  assert.equal(outcome(post(`${order.replace('BTCUSDT', 'BTC%55SDT')}&timestamp=${now}`)), 'E_PARAM');
  assert.equal(outcome(post(`${order.replace('symbol', 'symbo%6c')}&timestamp=${now}`)), 'E_PARAM');
  assert.equal(ordered('&newClientOrderId=a+b'), 'E_PARAM');
  assert.equal(ordered('&newClientOrderId=a%20b'), 'E_PARAM');
  assert.equal(ordered('&newClientOrderId=１'), 'E_PARAM');
  assert.equal(ordered('&'), 'E_PARAM');
  assert.equal(outcome(post(`&${order}&timestamp=${now}`)), 'E_PARAM');
});

test('18: a quantity is a plain decimal, read exactly', () => {
  const bad = [
    '1e3',
    '0x10',
    '%205',
    '+1',
    '-1',
    '1.',
    '.5',
    '1,0',
    'NaN',
    '１２',
    '1'.repeat(40),
    '01',
    '00',
    '0',
    '0.0',
    '',
    'Infinity',
    '1_0',
  ];
  for (const text of bad)
    assert.equal(outcome(post(`${order.replace('quantity=0.01', `quantity=${text}`)}&timestamp=${now}`)), 'E_PARAM', text);
  const large = new Map(Object.entries({ symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', price: '1' }));
  const read = readOrder(large.set('quantity', '9007199254740993.000000000001'));
  assert.ok(read.kind === 'priced' && formatAmount(read.quantity) === '9007199254740993.000000000001');
});

test('public requests are read as client libraries spell them', () => {
  const asked = (target: string): string => outcome({ target: `/api/v3/${target}`, apiKey: '' });
  for (const target of [
    'klines?symbol=BTCUSDT&interval=1d&timeZone=8',
    'uiKlines?symbol=BTCUSDT&interval=1d&timeZone=-1%3A00',
    'ticker/tradingDay?symbol=BTCUSDT&timeZone=%2B05%3A45',
    'ticker?symbol=BTCUSDT&windowSize=15m',
    'exchangeInfo?permissions=SPOT',
    'exchangeInfo?permissions=%5B%22SPOT%22%2C%22TRD_GRP_005%22%5D',
    'executionRules?symbols=%5B%22BTCUSDT%22%5D',
    'referencePrice?symbol=BTCUSDT',
    'historicalBlockTrades?symbol=BTCUSDT&fromId=5',
  ])
    assert.equal(asked(target), 'admitted', target);
  for (const target of [
    'klines?symbol=BTCUSDT&interval=1d&timeZone=8%26x',
    'klines?symbol=BTCUSDT&interval=1d&timeZone=%2B%2B8',
    'klines?symbol=BTCUSDT&interval=1d&timeZone=UTC',
    'ticker?symbol=BTCUSDT&windowSize=1w',
    'exchangeInfo?permissions=%5B%22spot%22%5D',
    'exchangeInfo?permissions=%5B%22SPOT%22%2C%22SPOT%22%5D',
  ])
    assert.equal(asked(target), 'E_PARAM', target);
});

test('an order id has as many digits as the exchange counts to', () => {
  const asked = (id: string): string =>
    outcome({ target: `/api/v3/order?${signed(`symbol=BTCUSDT&orderId=${id}&timestamp=${now}`)}` });
  assert.equal(asked('9223372036854775807'), 'admitted');
  for (const id of ['99999999999999999999', '-1', '1e9', '007']) assert.equal(asked(id), 'E_PARAM', id);
});

test('21: a parameter that the closed list does not name is refused', () => {
  for (const name of [
    'sideEffectType=MARGIN_BUY',
    'isIsolated=TRUE',
    'trailingDelta=100',
    'icebergQty=1',
    'pegPriceType=X',
    'autoBorrow=true',
  ])
    assert.equal(ordered(`&${name}`), 'E_PARAM', name);
  assert.equal(ordered('&stopPrice=1'), 'E_PARAM', 'a LIMIT order has no trigger');
  for (const type of ['STOP_LOSS', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT', 'FOO'])
    assert.equal(outcome(post(`${order.replace('LIMIT', type)}&timestamp=${now}`)), 'E_TYPE', type);
  assert.equal(outcome(post(`${order.replace('GTC', 'GTD')}&timestamp=${now}`)), 'E_TYPE');
});

test('25: nobody chooses parameters that would make the text of a logon', () => {
  assert.equal(outcome({ target: `/api/v3/account?${signed(`apiKey=x&timestamp=${now}`)}` }), 'E_PARAM');
  assert.equal(ordered('&apiKey=x'), 'E_PARAM');
});

test('34 and 35: a request counts once, in time, with the whole signature of its own key', () => {
  const admit = newAdmission();
  const once = post(`${order}&timestamp=${now}`);
  assert.equal(outcome(once, admit), 'admitted');
  assert.equal(outcome(once, admit), 'E_REPLAY');
  const query = signed(`symbol=BTCUSDT&origClientOrderId=a&timestamp=${now}`);
  assert.equal(outcome({ target: `/api/v3/order?${query}` }, admit), 'admitted');
  assert.equal(outcome({ target: `/api/v3/order?${query}` }, admit), 'admitted', 'a read may be repeated');
  assert.equal(outcome({ method: 'DELETE', target: `/api/v3/order?${query}` }, admit), 'E_REPLAY', 'but is not a cancel');

  // The vault started at `now`.
  for (const time of [now - 3001, now + 3001, now - 1]) assert.equal(outcome(post(`${order}&timestamp=${time}`)), 'E_TIME');
  const early = newAdmission();
  now += 2500;
  assert.equal(outcome(post(`${order}&timestamp=${now - 2400}&recvWindow=2000`), early), 'E_TIME', 'a small window binds');
  assert.equal(outcome(post(`${order}&timestamp=${now - 2400}&recvWindow=60000`), early), 'admitted');
  now += 10_000;
  assert.equal(outcome(post(`${order}&timestamp=${now - 5000}&recvWindow=60000`), early), 'E_TIME', 'a large one does not');

  const payload = `timestamp=${now}`;
  const mac = signText(payload, fuzzKey.secret);
  const bad = [mac.slice(1), `${mac}0`, mac.toUpperCase(), 'z'.repeat(64), '', signText(payload, 'f'.repeat(64))];
  for (const text of bad) assert.equal(outcome({ target: `/api/v3/account?${payload}&signature=${text}` }), 'E_SIG', text);
  for (const target of [`signature=${mac}&${payload}`, `${payload}&signature=${mac}`])
    assert.equal(outcome({ target: `/api/v3/account?${target}` }), 'admitted', 'wherever it stands');
  for (const target of [
    `signature=${mac}`,
    `${payload}&signature=${mac}&`,
    `${payload}&&signature=${mac}`,
    `${payload}&xsignature=${mac}`,
  ])
    assert.equal(outcome({ target: `/api/v3/account?${target}` }), 'E_SIG', target);
  const twice = `${payload}&signature=${mac}`;
  assert.equal(outcome({ target: `/api/v3/account?${signed(twice)}` }), 'E_SIG', 'one signature');
  assert.equal(outcome({ target: `/api/v3/account?${signed(payload)}`, apiKey: other }), 'E_SIG', 'another key');
  assert.equal(outcome({ target: `/api/v3/account?${signed(payload)}`, apiKey: 'x'.repeat(64) }), 'E_SIG');
  assert.equal(outcome({ target: `/api/v3/account?${signed(payload)}`, apiKey: '' }), 'E_SIG');
});

test('31: long and nested texts are refused in bounded time', () => {
  const begun = performance.now();
  for (const text of [
    'a'.repeat(60_000),
    '('.repeat(60_000),
    `${'a='.repeat(20_000)}`,
    '&'.repeat(60_000),
    '%'.repeat(60_000),
    '[["'.repeat(20_000),
  ])
    for (const target of [`/api/v3/order?${text}`, `/api/v3/exchangeInfo?symbols=${text}`, `/${text}`])
      assert.ok(['E_PATH', 'E_PARAM', 'E_SIG'].includes(outcome({ method: 'GET', target })));
  assert.ok(performance.now() - begun < 20_000);
});

test('what ccxt builds for an order is read as that order', () => {
  const decimal = fc
    .tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 1, max: 99 }))
    .map(([whole, cents]) => Number(`${whole}.${String(cents).padStart(2, '0')}`));
  const of = fc.record({
    pair: fc.constantFrom('BTC/USDT', 'ETH/USDT'),
    type: fc.constantFrom('limit', 'market'),
    side: fc.constantFrom('buy', 'sell'),
    quantity: decimal,
    price: decimal,
    post: fc.boolean(),
    time: fc.constantFrom(undefined, 'IOC', 'FOK'),
    stop: fc.option(decimal, { nil: undefined }),
    id: fc.option(fc.stringMatching(/^[A-Za-z0-9._-]{1,36}$/), { nil: undefined }),
  });
  fc.assert(
    fc.property(of, ({ pair, type, side, quantity, price, post: postOnly, time, stop, id }) => {
      const isMarket = type === 'market';
      const hasStop = stop !== undefined && !isMarket;
      const params = {
        ...(id === undefined ? {} : { clientOrderId: id }),
        ...(hasStop ? { stopPrice: stop } : {}),
        ...(postOnly && !isMarket && !hasStop ? { postOnly: true } : {}),
        ...(time !== undefined && !postOnly && !isMarket && !hasStop ? { timeInForce: time } : {}),
      };
      const raw = ccxt.order(pair, type, side, quantity, isMarket ? undefined : price, params);
      const { endpoint, values } = newAdmission()(raw);
      assert.equal(endpoint.act, 'place');
      const read = readOrder(values);
      assert.equal(read.symbol, pair.replace('/', ''));
      assert.equal(read.side, side);
      assert.equal(read.quantity, amount(String(quantity)));
      if (id !== undefined) assert.equal(read.clientOrderId, id);
      assert.equal(read.kind, isMarket ? 'market' : 'priced');
      if (read.kind === 'market') return;
      assert.equal(read.limit, amount(String(price)));
      assert.equal(read.trigger, hasStop ? amount(String(stop)) : null);
      assert.equal(read.order, hasStop ? 'stop-limit' : postOnly ? 'post-only' : (time?.toLowerCase() ?? 'limit'));
    }),
    { numRuns: 300 },
  );
});

test('changed requests are refused, or mean the same to ccxt’s builder', () => {
  const fuzz = ccxtBuilder(() => now);
  const report = runDialectFuzz({ seed: 7, count: 20_000, rebuild: fuzz.rebuild });
  assert.ok(report.admitted > 2000 && report.admitted < 10_000, JSON.stringify(report));
  for (const code of ['E_PATH', 'E_PARAM', 'E_SIG']) assert.ok((report.refusals[code] ?? 0) > 100, code);
});
