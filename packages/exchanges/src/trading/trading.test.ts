import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, createPublicKey, createSecretKey, generateKeyPairSync, verify } from 'node:crypto';
import { test } from 'node:test';
import { type Approved, amount, clientOrderId, type Pair, type PlaceOrder } from '@holdfast/domain';
import fc from 'fast-check';
import {
  buildCancel,
  buildMyTrades,
  buildPlace,
  buildUserStreamSubscribe,
  MalformedReply,
  readAccount,
  readCancelled,
  readKeyFacts,
  readMyTrades,
  readOutcome,
  readPlaced,
  readStreamEvent,
  restrictionsFault,
  wideningFault,
} from './index.ts';
import { signature } from './signing.ts';

// RFC 8032, section 7.1, test 1: the seed as PKCS#8.
const seed = Buffer.from('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60', 'hex');
const key = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
  format: 'der',
  type: 'pkcs8',
});
const publicKey = createPublicKey(key);
const credentials = { apiKey: 'KEY', key, timestamp: 1_700_000_000_000 };
const pair = 'BTC/USDT' as Pair;
const order = (change: Partial<PlaceOrder> = {}): Approved<PlaceOrder> =>
  ({
    kind: 'place-order',
    clientOrderId: clientOrderId('a-1'),
    pair,
    side: 'buy',
    order: 'limit',
    quantity: amount('0.015'),
    limit: amount('64000.1'),
    ...change,
  }) as Approved<PlaceOrder>;

test('an order is built in one order of parameters and signed over exactly what is sent', () => {
  const request = buildPlace(order(), 'hfabc', credentials);
  assert.equal(request.method, 'POST');
  assert.equal(request.path, '/api/v3/order');
  assert.deepEqual(request.headers, { 'X-MBX-APIKEY': 'KEY' });
  const [payload = '', signature = ''] = request.query.split('&signature=');
  assert.equal(
    payload,
    'symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.015&price=64000.1&newClientOrderId=hfabc' +
      '&newOrderRespType=ACK&recvWindow=3000&timestamp=1700000000000',
  );
  assert.ok(verify(null, Buffer.from(payload), publicKey, Buffer.from(decodeURIComponent(signature), 'base64')));
  assert.ok(!/[+/=]/.test(signature), 'the signature is percent-encoded');
});

test('each kind of order has its type and time in force', () => {
  const typeOf = (kind: PlaceOrder['order']): string =>
    /type=.*&quantity/.exec(buildPlace(order({ order: kind, side: 'sell' }), 'x', credentials).query)![0];
  assert.equal(typeOf('limit'), 'type=LIMIT&timeInForce=GTC&quantity');
  assert.equal(typeOf('ioc'), 'type=LIMIT&timeInForce=IOC&quantity');
  assert.equal(typeOf('fok'), 'type=LIMIT&timeInForce=FOK&quantity');
  assert.equal(typeOf('post-only'), 'type=LIMIT_MAKER&quantity');
});

test('cancel and trades name the order and the first trade wanted', () => {
  assert.match(buildCancel({ pair }, 'hfabc', credentials).query, /^symbol=BTCUSDT&origClientOrderId=hfabc&recvWindow/);
  assert.match(buildMyTrades(pair, 7n, credentials).query, /^symbol=BTCUSDT&fromId=7&limit=1000&/);
  assert.match(buildMyTrades(pair, null, credentials).query, /^symbol=BTCUSDT&limit=1000&/);
});

test('the stream is subscribed by a signature over sorted parameters, never by a logon', () => {
  const { method, params } = JSON.parse(buildUserStreamSubscribe(credentials));
  assert.equal(method, 'userDataStream.subscribe.signature');
  const payload = Buffer.from('apiKey=KEY&timestamp=1700000000000');
  assert.ok(verify(null, payload, publicKey, Buffer.from(params.signature, 'base64')));
});

test('rejected and unknown outcomes are told apart', () => {
  const cases: readonly (readonly [number, string, string])[] = [
    [200, '{"orderId":1}', 'done'],
    [400, '{"code":-2010,"msg":"Account has insufficient balance for requested action."}', 'rejected'],
    [400, '{"code":-1013,"msg":"Filter failure: LOT_SIZE"}', 'rejected'],
    [400, '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}', 'rejected'],
    [429, '{"code":-1015,"msg":"Too many new orders."}', 'rejected'],
    [403, '<html>', 'rejected'],
    [400, '{"code":-1007,"msg":"Timeout waiting for response from backend server."}', 'unknown'],
    [400, '{"code":-1006,"msg":"An unexpected response was received from the message bus."}', 'unknown'],
    [500, '{"code":-1000,"msg":"unknown"}', 'unknown'],
    [503, '{"code":-1008,"msg":"Server is busy"}', 'rejected'],
    [502, 'Bad Gateway', 'unknown'],
    [200, 'not json', 'unknown'],
    [302, '{}', 'unknown'],
  ];
  for (const [status, body, kind] of cases) assert.equal(readOutcome(status, body).kind, kind, `${status} ${body}`);
});

test('whatever the exchange answers, reading it gives an outcome', () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 599 }), fc.oneof(fc.string(), fc.json()), (status, body) => {
      assert.ok(['done', 'rejected', 'unknown'].includes(readOutcome(status, body).kind));
    }),
  );
});

test('answers are read by name, and a missing field is an error, not a zero', () => {
  assert.deepEqual(readPlaced({ orderId: 5, transactTime: 9 }), { exchangeOrderId: '5', at: 9 });
  assert.throws(() => readPlaced({ orderId: 5 }), MalformedReply);
  const cancelled = {
    symbol: 'BTCUSDT',
    orderId: 5,
    origClientOrderId: 'hf1',
    clientOrderId: 'c',
    status: 'CANCELED',
    executedQty: '0.1',
  };
  assert.equal(readCancelled(cancelled).upstreamId, 'hf1');
  assert.equal(readCancelled(cancelled).final, 'CANCELED');
  const balances = [
    { asset: 'BTC', free: '1.5', locked: '0.5' },
    { asset: 'ETH', free: '0', locked: '0' },
  ];
  assert.deepEqual([...readAccount({ balances })], [['BTC', amount('2')]]);
  assert.throws(() => readMyTrades([{ id: 1 }]), MalformedReply);
});

test('an execution report gives the order’s own id, also when a cancel speaks', () => {
  const fill = {
    e: 'executionReport',
    E: 2,
    s: 'BTCUSDT',
    c: 'hf1',
    C: '',
    i: 4,
    x: 'TRADE',
    X: 'FILLED',
    r: 'NONE',
    z: '0.2',
    l: '0.2',
    L: '100',
    n: '0.0002',
    N: 'BTC',
    t: 77,
    T: 2,
    m: true,
  };
  const read = readStreamEvent(JSON.stringify(fill));
  assert.equal(read.kind, 'order');
  assert.ok(read.kind === 'order' && read.trade?.tradeId === '77' && read.final === 'FILLED' && read.upstreamId === 'hf1');
  const cancel = readStreamEvent(JSON.stringify({ ...fill, x: 'CANCELED', X: 'CANCELED', c: 'c', C: 'hf1', N: null, t: -1 }));
  assert.ok(cancel.kind === 'order' && cancel.upstreamId === 'hf1' && cancel.trade === null);
  assert.deepEqual(readStreamEvent('{"e":"outboundAccountPosition"}'), { kind: 'other', unknown: '' });
  assert.throws(() => readStreamEvent('{"e":"executionReport"}'), MalformedReply);
});

const reportText =
  '{"e":"executionReport","s":"BTCUSDT","c":"hf1","C":"","i":9007199254740993,"x":"TRADE","X":"FILLED","r":"NONE",' +
  '"z":"0.00000001","l":"0.00000001","L":"100","n":"0.00000000","N":"BTC","t":18446744073709551615,"T":1700000000000,"m":true,' +
  '"uP":{"a":[9007199254740993]},"newField":1e-8}';

test('ids beyond 2^53 keep every digit, and fields that nobody knew change nothing', () => {
  const read = readStreamEvent(reportText);
  assert.ok(read.kind === 'order');
  assert.deepEqual([read.exchangeOrderId, read.trade?.tradeId], ['9007199254740993', '18446744073709551615']);
  assert.equal(read.trade?.quantity, amount('0.00000001'));
  const answered = readOutcome(200, '{"orderId":9007199254740993,"transactTime":1700000000000}');
  assert.ok(answered.kind === 'done');
  assert.equal(readPlaced(answered.value).exchangeOrderId, '9007199254740993');
});

test('an event is misread in no field: what is missing, of another type or another state is an error', () => {
  const fields = ['s', 'c', 'C', 'i', 'x', 'X', 'r', 'z', 'l', 'L', 'n', 'N', 't', 'T', 'm'];
  const report = JSON.parse(reportText.replaceAll(/\d{16,}/g, '7')) as Record<string, unknown>;
  assert.equal(readStreamEvent(JSON.stringify(report)).kind, 'order');
  for (const field of fields)
    for (const value of [undefined, null, 0.1, {}, [], ...(field === 'i' || field === 't' ? [] : [2 ** 60])])
      assert.throws(() => readStreamEvent(JSON.stringify({ ...report, [field]: value })), MalformedReply, `${field} ${value}`);
  for (const change of [
    { X: 'HALTED' },
    { l: '1e-8' },
    { l: '-1' },
    { L: '0.00000000' },
    { z: '-0.1' },
    { T: 1_700_000_000_000_000 },
    { T: -1 },
    { z: 'NaN' },
    { T: 9_007_199_254_740_992 },
  ])
    assert.throws(() => readStreamEvent(JSON.stringify({ ...report, ...change })), MalformedReply, JSON.stringify(change));
});

test('whatever a field of an event holds, it is read or a malformed reply', () => {
  const report = JSON.parse(reportText.replaceAll(/\d{16,}/g, '7')) as Record<string, unknown>;
  const balance = { e: 'balanceUpdate', E: 1, a: 'BTC', d: '5', T: 1 };
  const value = fc.oneof(
    fc.jsonValue(),
    fc.integer(),
    fc.double(),
    fc.string(),
    fc.constantFrom('-0', '1e-8', '-1', 'TRADE', 'NEW'),
  );
  const changed = fc
    .constantFrom<Record<string, unknown>>(report, balance)
    .chain((event) => fc.record({ event: fc.constant(event), field: fc.constantFrom(...Object.keys(event)), value }));
  fc.assert(
    fc.property(changed, ({ event, field, value }) => {
      try {
        readStreamEvent(JSON.stringify({ ...event, [field]: value }));
      } catch (error) {
        assert.ok(error instanceof MalformedReply, `${field}: ${String(error)}`);
      }
    }),
    { numRuns: 2000 },
  );
});

test('an asset with a name in another script is passed over, a kind of event that nobody knows is named', () => {
  const unknown = (event: object) => (readStreamEvent(JSON.stringify(event)) as { readonly unknown?: string }).unknown;
  assert.match(unknown({ e: 'balanceUpdate', a: '\u5e01\u5b89', d: '5', T: 1 })!, /^balance of /);
  assert.equal(unknown({ e: 'somethingNew', x: [] }), 'event "somethingNew"');
  const balances = [
    { asset: '\u5e01\u5b89', free: '5', locked: '0' },
    { asset: 'BTC', free: '1', locked: '0' },
  ];
  assert.deepEqual([...readAccount({ balances })], [['BTC', amount('1')]]);
});

test('a request is signed with HMAC in hex or with RSA in base64, as the kind of key asks', () => {
  const order = { pair: 'BTC/USDT' as Pair };
  const payloadOf = (query: string): string => query.slice(0, query.indexOf('&signature='));
  const given = (query: string): string => new URLSearchParams(query).get('signature')!;
  const secret = createSecretKey(Buffer.from('NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j'));
  const hmac = buildCancel(order, 'hf1', { apiKey: 'K', key: secret, timestamp: 1 }).query;
  assert.equal(given(hmac), createHmac('sha256', secret).update(payloadOf(hmac)).digest('hex'));
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsa = buildCancel(order, 'hf1', { apiKey: 'K', key: privateKey, timestamp: 1 }).query;
  assert.ok(verify('sha256', Buffer.from(payloadOf(rsa)), publicKey, Buffer.from(given(rsa), 'base64')));
});

test('the published example of an HMAC signature comes out', () => {
  // rest-api.md, "Example 1": the parameters and secret there.
  const key = createSecretKey(Buffer.from('NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j'));
  const payload =
    'symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559';
  assert.equal(signature(payload, key), 'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71');
});

test('an unknown permission refuses a new key even when it is not granted, a key in use only when it is', () => {
  const good = { ipRestrict: true, createTime: 7, enableReading: true, enableSpotAndMarginTrading: true };
  assert.match(restrictionsFault({ ...good, enableNewThing: false })!, /unknown permission enableNewThing/);
  assert.equal(wideningFault({ ...good, enableNewThing: false }), null);
  assert.match(wideningFault({ ...good, enableNewThing: true })!, /enableNewThing/);
  assert.match(wideningFault({ ...good, enableWithdrawals: true })!, /enableWithdrawals/);
  assert.deepEqual(readKeyFacts(good), { ipRestricted: true, createdAt: 7 });
  assert.throws(() => readKeyFacts({ createTime: 7 }), MalformedReply);
});

test('a key may read and trade, nothing else', () => {
  const good = { ipRestrict: true, createTime: 1, enableReading: true, enableSpotAndMarginTrading: true, enableMargin: false };
  assert.equal(restrictionsFault(good), null);
  assert.match(restrictionsFault({ ...good, enableReading: false })!, /enableReading/);
  for (const right of [
    'enableWithdrawals',
    'enableInternalTransfer',
    'permitsUniversalTransfer',
    'enableMargin',
    'enableNewThing',
  ])
    assert.match(restrictionsFault({ ...good, [right]: true })!, new RegExp(right));
});
