/** The listener over real HTTP with an engine of the test's own behind it: what is let in, what is turned away, and what is kept. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { engineCommand, webhookPaths } from '@holdfast/contracts';
import { openWebhookStore, type TokenRow, tokenDigest, type WebhookStore } from '@holdfast/storage';
import { Delivery } from '../../apps/webhook/src/delivery.ts';
import { addressOf, createListener } from '../../apps/webhook/src/listener.ts';
import { Rate } from '../../apps/webhook/src/rate.ts';

const emailToken = '5f0c3a8e-1111-4222-8333-944455556666';
const own = 'own-token-own-token-own-token-own-token-own';

interface Bench {
  readonly store: WebhookStore;
  readonly url: string;
  readonly commands: { readonly id: string; readonly bots: readonly string[]; readonly ask: { readonly kind: string } }[];
  readonly file: string;
  clock: number;
  engineIsDown: boolean;
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly text: string; readonly headers: Headers }>;
  settled(): Promise<void>;
}

const token = (change: Partial<TokenRow> = {}): TokenRow => ({
  id: 't1',
  name: 'alert',
  bots: ['bot1'],
  scope: 'all',
  digests: [tokenDigest('t1', own), tokenDigest('123', emailToken)],
  addresses: [],
  perMinute: 30,
  repeatMs: 10_000,
  createdAt: 1,
  lastUsedAt: null,
  revokedAt: null,
  ...change,
});

async function bench(t: TestContext, tokens: readonly TokenRow[] = [token()]): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), 'holdfast-webhook-'));
  const file = join(folder, 'webhook.db');
  const store = openWebhookStore(file);
  for (const each of tokens) store.putToken(each);
  const made = { store, file, commands: [] as Bench['commands'], clock: Date.UTC(2026, 10, 21, 10), engineIsDown: false };
  const delivery = new Delivery({
    store,
    now: () => made.clock,
    log: () => {},
    ask: async (command) => {
      if (made.engineIsDown) throw new Error('down');
      const read = engineCommand.parse(command);
      assert.ok(read.command === 'signal');
      const isRepeated = made.commands.some(({ id }) => id === read.id);
      if (!isRepeated) made.commands.push(read);
      return { id: read.id, ok: true, result: { bot: 'bot1', code: null, reason: 'done' } };
    },
  });
  const server = createListener(
    { store, rate: new Rate(), now: () => made.clock },
    { behindProxy: false, perAddress: 60, onSignal: () => delivery.wake() },
  );
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  t.after(async () => {
    delivery.stop();
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
    store.close();
    rmSync(folder, { recursive: true });
  });
  return Object.assign(made, {
    url,
    async post(path: string, body: unknown) {
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      const answer = await fetch(url + path, { method: 'POST', body: text, headers: { 'content-type': 'text/plain' } });
      return { status: answer.status, text: await answer.text(), headers: answer.headers };
    },
    async settled() {
      for (let n = 0; n < 200 && store.due(made.clock).length > 0; n++) {
        delivery.wake();
        await new Promise((done) => setTimeout(done, 5));
      }
    },
  });
}

const dca = { message_type: 'bot', bot_id: 123, email_token: emailToken, delay_seconds: 0 };
const custom = (more: object = {}) => ({
  secret: own,
  bot_uuid: 't1',
  action: 'enter_long',
  tv_exchange: 'BINANCE',
  tv_instrument: 'BTCUSDT',
  timestamp: '2026-11-21T09:59:58Z',
  ...more,
});

test('an alert of the predecessor works unchanged, and does one thing however often it is sent', async (t) => {
  const it = await bench(t);
  const first = await it.post(webhookPaths.dca, dca);
  assert.equal(first.status, 200);
  assert.equal(JSON.parse(first.text).accepted, true);
  for (let n = 0; n < 5; n++) await it.post(webhookPaths.dca, dca);
  await it.settled();
  assert.deepEqual(
    it.commands.map(({ bots, ask }) => [bots, ask]),
    [[['bot1'], { kind: 'commands', commands: ['start-deal'] }]],
  );
  const [row] = it.store.signals(10);
  assert.deepEqual([row?.state, row?.reason, row?.repeats], ['taken', 'done', 5]);
  assert.equal(it.store.tokens()[0]?.lastUsedAt, it.clock);
  it.clock += 11_000;
  await it.post(webhookPaths.dca, dca);
  await it.settled();
  assert.equal(it.commands.length, 2, 'the same message later is a new signal');
});

test('a replayed alert with a time does nothing, now or later; a stale or future one is refused with the reason', async (t) => {
  const it = await bench(t);
  await it.post(webhookPaths.signal, custom());
  await it.settled();
  it.clock += 250_000;
  assert.equal(JSON.parse((await it.post(webhookPaths.signal, custom())).text).code, 'signal-repeated');
  it.clock += 86_400_000;
  assert.equal(JSON.parse((await it.post(webhookPaths.signal, custom())).text).code, 'signal-repeated');
  const stale = JSON.parse((await it.post(webhookPaths.signal, custom({ max_lag: 299 }))).text) as {
    code: string;
    reason: string;
  };
  assert.equal(stale.code, 'signal-stale');
  assert.match(stale.reason, /max_lag is 299 s/);
  const ahead = await it.post(webhookPaths.signal, custom({ timestamp: '2026-12-01T00:00:00Z' }));
  assert.equal(JSON.parse(ahead.text).code, 'signal-ahead');
  await it.settled();
  assert.equal(it.commands.length, 1);
  assert.deepEqual(
    it.store.signals(10).map(({ state, code }) => [state, code]),
    [
      ['refused', 'signal-ahead'],
      ['refused', 'signal-stale'],
      ['taken', null],
    ],
  );
});

test('a wrong token, another bot, another address and a revoked token are all the same to the sender', async (t) => {
  const it = await bench(t, [
    token(),
    token({ id: 't2', name: 'elsewhere', digests: [tokenDigest('t2', own)], addresses: ['192.0.2.1'] }),
    token({ id: 't3', name: 'gone', digests: [tokenDigest('t3', own)], revokedAt: 5 }),
  ]);
  const answers = [
    await it.post(webhookPaths.signal, custom({ secret: 'wrong-wrong-wrong' })),
    await it.post(webhookPaths.signal, custom({ bot_uuid: 'other' })),
    await it.post(webhookPaths.signal, custom({ bot_uuid: 't2' })),
    await it.post(webhookPaths.signal, custom({ bot_uuid: 't3' })),
    await it.post(webhookPaths.dca, { ...dca, bot_id: 124 }),
  ];
  assert.deepEqual(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
  assert.equal(answers[0]?.status, 401);
  await it.settled();
  assert.equal(it.commands.length, 0);
  assert.equal(it.store.signals(10).length, 0);
  const counts = Object.fromEntries(it.store.refusals().map(({ code, count }) => [code, count]));
  assert.deepEqual(counts, { 'signal-token-unknown': 4, 'signal-address': 1 });
});

test('a token does what it was made for only', async (t) => {
  const it = await bench(t, [token({ scope: 'close' })]);
  assert.equal(JSON.parse((await it.post(webhookPaths.signal, custom())).text).code, 'signal-scope');
  assert.equal(JSON.parse((await it.post(webhookPaths.signal, custom({ action: 'exit_long' }))).text).accepted, true);
  await it.settled();
  assert.deepEqual(
    it.commands.map(({ ask }) => ask.kind),
    ['exit'],
  );
});

test('a hundred a second end at the limit of the token and of the address', async (t) => {
  const it = await bench(t);
  const all = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      it.post(webhookPaths.signal, custom({ max_lag: 300 + n, order: { amount: n + 1, currency_type: 'quote' } })),
    ),
  );
  await it.settled();
  assert.equal(it.commands.length, 30);
  assert.equal(all.filter(({ status }) => status === 200).length, 30);
  assert.equal(all.filter(({ status }) => status === 429).length, 70);
});

test('garbage, a megabyte and deep nesting are refused quickly, counted, and nothing is done', async (t) => {
  const it = await bench(t);
  const began = performance.now();
  assert.equal((await it.post(webhookPaths.dca, 'not json')).status, 400);
  assert.equal((await it.post(webhookPaths.dca, '['.repeat(60_000))).status, 400);
  const large = await it.post(webhookPaths.dca, 'x'.repeat(1_000_000)).catch(() => null);
  assert.ok(large === null || large.status === 413, 'told or cut off');
  assert.ok(performance.now() - began < 20_000);
  const bad = JSON.parse((await it.post(webhookPaths.signal, custom({ order: { amount: 'all', currency_type: 'quote' } }))).text);
  assert.equal(bad.code, 'signal-malformed');
  const unfilled = JSON.parse((await it.post(webhookPaths.signal, custom({ action: '{{strategy.order.action}}' }))).text);
  assert.equal(unfilled.code, 'signal-placeholder');
  assert.equal(it.store.signals(10).length, 2, 'what has a good token is kept with its reason');
  assert.equal(
    it.store.refusals().reduce((sum, { count }) => sum + count, 0),
    3,
  );
  assert.equal(it.commands.length, 0);
});

test('nothing else is served, and no header tells what serves', async (t) => {
  const it = await bench(t);
  const answers = [
    await fetch(`${it.url}/`),
    await fetch(it.url + webhookPaths.dca),
    await fetch(`${it.url}/api/status`, { method: 'POST', body: '{}' }),
    await fetch(`${it.url}/signal_bots/webhooks/../..`, { method: 'PUT' }),
    await fetch(`${it.url}/TRADE_SIGNAL/trading_view`, { method: 'POST', body: '{}' }),
  ];
  for (const answer of answers) {
    assert.equal(answer.status, 404);
    assert.equal(await answer.text(), '{"accepted":false}');
    const told = [...answer.headers.keys()].filter((name) => !['connection', 'keep-alive', 'content-length'].includes(name));
    assert.deepEqual(told.sort(), ['cache-control', 'content-type']);
  }
});

test('an array keeps its order and its delays; what waits survives an engine that is away', async (t) => {
  const it = await bench(t);
  it.engineIsDown = true;
  const close = { ...dca, action: 'close_at_market_price_all' };
  await it.post(webhookPaths.dca, [close, { ...dca, delay_seconds: 6 }]);
  assert.equal(it.store.due(it.clock).length, 1);
  it.engineIsDown = false;
  await new Promise((done) => setTimeout(done, 600));
  await it.settled();
  assert.equal(it.commands.length, 1);
  it.clock += 6_000;
  await it.settled();
  assert.deepEqual(
    it.commands.map(({ ask }) => ask),
    [
      { kind: 'commands', commands: ['close-now'] },
      { kind: 'commands', commands: ['start-deal'] },
    ],
  );
  it.engineIsDown = true;
  it.clock += 60_000;
  await it.post(webhookPaths.dca, dca);
  it.clock += 301_000;
  await new Promise((done) => setTimeout(done, 600));
  await it.settled();
  assert.equal(it.store.signals(1)[0]?.code, 'signal-undelivered', 'it is not done when it is no longer of its moment');
});

test('no secret is on disk', async (t) => {
  const it = await bench(t);
  await it.post(webhookPaths.dca, dca);
  await it.post(webhookPaths.signal, custom());
  await it.post(webhookPaths.signal, custom({ action: 'nonsense' }));
  await it.settled();
  const written = [it.file, `${it.file}-wal`].map((file) => readFileSync(file, 'latin1')).join('');
  assert.ok(!written.includes(own) && !written.includes(emailToken));
});

test('a connection that sends nothing is let go', async (t) => {
  const it = await bench(t);
  const socket = connect(Number(new URL(it.url).port), '127.0.0.1');
  socket.write('GARBAGE\r\n\r\n');
  await new Promise((done) => socket.once('close', done));
});

test('the address is the nearest that the proxy of this machine did not write', () => {
  const from = (remoteAddress: string, forwarded?: string, behindProxy = true): string =>
    addressOf(
      { headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, socket: { remoteAddress } } as never,
      behindProxy,
    );
  assert.equal(from('127.0.0.1', '10.0.0.1, 52.89.214.238'), '52.89.214.238');
  assert.equal(from('127.0.0.1', '52.89.214.238', false), '127.0.0.1');
  assert.equal(from('203.0.113.9', '52.89.214.238'), '203.0.113.9', 'only a proxy of this machine is believed');
  assert.equal(from('::ffff:203.0.113.9'), '203.0.113.9');
});

// Other systems have one loopback address only.
const skip = process.platform === 'linux' ? false : 'needs several loopback addresses';
test('one address with many connections keeps no other out', { skip }, async (t) => {
  const it = await bench(t);
  const port = Number(new URL(it.url).port);
  const open = async (localAddress: string): Promise<Socket> => {
    const socket = connect({ port, host: '127.0.0.1', localAddress }).on('error', () => undefined);
    await once(socket, 'connect');
    return socket.resume();
  };
  const silent = await Promise.all(Array.from({ length: 30 }, () => open('127.0.0.2')));
  const closed = (): number => silent.filter(({ destroyed }) => destroyed).length;
  for (let turn = 0; turn < 100 && closed() < 10; turn += 1) await sleep(10);
  assert.equal(closed(), 10);
  const other = await open('127.0.0.3');
  const proxies = await Promise.all(Array.from({ length: 30 }, () => open('127.0.0.1')));
  await sleep(30);
  assert.ok(
    [other, ...proxies].every(({ destroyed }) => !destroyed),
    'a proxy of this machine has as many as it wants',
  );
  for (const socket of [...silent, other, ...proxies]) socket.destroy();
});

test('whoever asks with many addresses gives no token its turns back', () => {
  const rate = new Rate();
  for (let n = 0; n < 3; n += 1) assert.equal(rate.allows('token', 3, 1000 + n), true);
  for (let n = 0; n < 30_000; n += 1) {
    rate.allows(`address ${n}`, 1, 2000);
    if (n % 5000 === 0) assert.equal(rate.allows('token', 3, 2000), false);
  }
});
