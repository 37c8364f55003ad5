import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { candleEvent, changedEvent, type EngineNotice, statusEvent, tickEvent } from '@holdfast/contracts';
import { scriptedServer, start } from '../testing/neighbours.ts';
import { type LiveEvent, makeHub } from './hub.ts';

const tick = (last: string): EngineNotice => ({
  changed: [],
  tick: { pair: 'BTC/USDT', last, bid: last, ask: last, at: start },
});
const candle = (close: string, closed: boolean): EngineNotice => ({
  changed: [],
  candle: { pair: 'BTC/USDT', openTime: start, open: '1', high: '2', low: '1', close, volume: '1', closed },
});

test('between two flushes the newest price counts, topics are joined, and no closed candle is lost', () => {
  const hub = makeHub();
  const heard: LiveEvent[] = [];
  const leave = hub.listen((event) => heard.push(event));
  for (const notice of [tick('1'), tick('2'), candle('3', false), candle('4', true), candle('5', false)]) hub.notice(notice);
  hub.notice({ changed: ['deals', 'orders'] });
  hub.notice({ changed: ['deals'] });
  hub.flush();
  hub.flush();
  leave();
  hub.notice(tick('9'));
  hub.flush();
  assert.deepEqual(
    heard.map(({ event, data }) => [
      event,
      'close' in data ? data.close : 'last' in data ? data.last : 'topics' in data ? data.topics : '',
    ]),
    [
      ['candle', '4'],
      ['candle', '5'],
      ['tick', '2'],
      ['changed', ['deals', 'orders', 'verdicts']],
    ],
  );
});

test('candles that close faster than anyone can draw are announced instead of sent', () => {
  const hub = makeHub();
  const heard: LiveEvent[] = [];
  hub.listen((event) => heard.push(event));
  for (let n = 0; n < 21; n += 1) hub.notice(candle(String(n), true));
  hub.flush();
  assert.deepEqual(heard, [{ event: 'changed', data: { topics: ['candles'] } }]);
});

/** Reads server-sent events until each kind in `kinds` was seen. */
async function readEvents(url: string, kinds: readonly string[]): Promise<Map<string, unknown>> {
  const abort = new AbortController();
  const response = await fetch(url, { signal: abort.signal });
  assert.equal(response.status, 200);
  assert.match(String(response.headers.get('content-type')), /^text\/event-stream/);
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff');
  const seen = new Map<string, unknown>();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += Buffer.from(chunk).toString('utf8');
    for (const [, kind, data] of text.matchAll(/event: (\w+)\ndata: (.+)\n\n/g))
      seen.set(kind as string, JSON.parse(data as string));
    if (kinds.every((kind) => seen.has(kind))) break;
  }
  abort.abort();
  return seen;
}

test('a listener hears the status at once, then ticks, candles and what changed', { timeout: 60_000 }, async () => {
  const scripted = await scriptedServer({ listenPort: () => (scripted.app.server.address() as AddressInfo).port });
  await scripted.app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = scripted.app.server.address() as AddressInfo;
  const telling = setInterval(() => {
    scripted.notice({ ...candle('3', false), ...tick('3'), changed: ['deals'] });
  }, 20);
  const seen = await readEvents(`http://127.0.0.1:${port}/api/events`, ['status', 'tick', 'candle', 'changed']);
  clearInterval(telling);
  assert.equal(statusEvent.parse(seen.get('status')).engine.reachable, true);
  assert.equal(tickEvent.parse(seen.get('tick')).last, '3');
  assert.equal(candleEvent.parse(seen.get('candle')).close, '3');
  assert.ok(changedEvent.parse(seen.get('changed')).topics.includes('deals'));
  await scripted.close();
});
