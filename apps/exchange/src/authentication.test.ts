import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ApiError } from './api-error.ts';
import { requireFresh } from './authentication.ts';
import { isSignedBy, restPayload, socketPayload } from './signature.ts';

const secret = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j';
const documented = (symbol: string): string =>
  `symbol=${symbol}&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559`;
const vectors = [
  ['LTCBTC', 'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71'],
  ['%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96', 'e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3'],
] as const;

for (const [symbol, signature] of vectors) {
  test(`the documented signature over ${symbol} is accepted wherever the parameters stand`, () => {
    const text = documented(symbol);
    const cut = text.indexOf('&quantity');
    const ways: readonly (readonly [query: string, body: string])[] = [
      [`${text}&signature=${signature}`, ''],
      ['', `${text}&signature=${signature}`],
      [`signature=${signature}&${text}`, ''],
      [text.slice(0, cut), `${text.slice(cut)}&signature=${signature}`],
    ];
    for (const [query, body] of ways) assert.ok(isSignedBy('hmac', secret, restPayload(query, body), signature));
    assert.ok(isSignedBy('hmac', secret, restPayload(text, ''), signature.toUpperCase()));
    assert.ok(!isSignedBy('hmac', secret, restPayload(`${text}0`, ''), signature));
  });
}

test('a signature over text that was not percent-encoded is refused', () => {
  const raw = createHmac('sha256', secret).update(documented('１２３４５６')).digest('hex');
  assert.ok(!isSignedBy('hmac', secret, restPayload(documented(vectors[1][0]), ''), raw));
});

test('query and body are signed one after the other with nothing between', () => {
  assert.equal(restPayload('symbol=A&side=BUY', 'quantity=1&signature=x'), 'symbol=A&side=BUYquantity=1');
});

test('the documented signature of the WebSocket API covers its parameters sorted by name', () => {
  const params = new Map([
    ['symbol', 'BTCUSDT'],
    ['side', 'SELL'],
    ['type', 'LIMIT'],
    ['timeInForce', 'GTC'],
    ['quantity', '0.01000000'],
    ['price', '52000.00'],
    ['newOrderRespType', 'ACK'],
    ['recvWindow', '100'],
    ['timestamp', '1645423376532'],
    ['apiKey', 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A'],
    ['signature', 'not part of it'],
  ]);
  const signature = 'cc15477742bd704c29492d96c7ead9414dfd8e0ec4a00f947bb5bb454ddbd08a';
  assert.ok(isSignedBy('hmac', secret, socketPayload(params), signature));
});

const now = 1_700_000_000_000;
const refusal = (timestamp: string | undefined, recvWindow?: string, clocks: readonly number[] = [now]): string => {
  try {
    requireFresh({ apiKey: undefined, signature: undefined, payload: '', timestamp, recvWindow }, clocks);
    return 'accepted';
  } catch (error) {
    return `${(error as ApiError).code} ${(error as ApiError).message}`;
  }
};
const outside = '-1021 Timestamp for this request is outside of the recvWindow.';
const ahead = "-1021 Timestamp for this request was 1000ms ahead of the server's time.";

const cases: readonly (readonly [
  name: string,
  timestamp: number | string | undefined,
  window: string | undefined,
  outcome: string,
])[] = [
  ['exactly as old as the window', now - 5000, undefined, 'accepted'],
  ['a millisecond older than the window', now - 5001, undefined, outside],
  ['999 ms ahead', now + 999, undefined, 'accepted'],
  ['1000 ms ahead', now + 1000, undefined, ahead],
  ['older, within a wider window', now - 60_000, '60000', 'accepted'],
  ['in microseconds, within the window', `${(now - 5000) * 1000}`, undefined, 'accepted'],
  ['in microseconds, one too old', `${(now - 5000) * 1000 - 1}`, undefined, outside],
  ['a window with three decimals', now - 5, '5.001', 'accepted'],
  ['a window too wide', now, '60001', "-1102 'recvWindow' contains unexpected value. Cannot be greater than '60000'."],
  ['no timestamp', undefined, undefined, "-1102 Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."],
  [
    'a timestamp with letters',
    'now',
    undefined,
    "-1100 Illegal characters found in parameter 'timestamp'; legal range is '^[0-9]{1,20}$'.",
  ],
];
for (const [name, timestamp, window, outcome] of cases) {
  test(`a request that is ${name}: ${outcome}`, () => {
    assert.equal(refusal(timestamp === undefined ? undefined : String(timestamp), window), outcome);
  });
}

test('a request is fresh by either clock: of the tape or of the operating system', () => {
  const tape = now - 30 * 86_400_000;
  assert.equal(refusal(String(tape), undefined, [tape, now]), 'accepted');
  assert.equal(refusal(String(now), undefined, [tape, now]), 'accepted');
  assert.equal(refusal(String(now - 86_400_000), undefined, [tape, now]), outside);
});

test('freshness is what the documentation computes, for all times and windows', () => {
  fc.assert(
    fc.property(fc.integer({ min: -70_000, max: 5000 }), fc.integer({ min: 0, max: 60_000 }), (offset, window) => {
      const accepted = refusal(String(now + offset), String(window)) === 'accepted';
      assert.equal(accepted, offset < 1000 && -offset <= window);
    }),
  );
});
