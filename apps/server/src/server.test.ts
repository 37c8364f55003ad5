import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  apiError,
  botDetail,
  botKindsAnswer,
  candlesAnswer,
  dealsAnswer,
  equityAnswer,
  fillsAnswer,
  pairsAnswer,
  statisticsAnswer,
  status,
  verdictsAnswer,
} from '@holdfast/contracts';
import { own, port, type Scripted, scriptedServer, start, token } from './testing/neighbours.ts';

let scripted: Scripted;
before(async () => {
  scripted = await scriptedServer();
});
after(() => scripted.close());

const get = (url: string, headers: Record<string, string> = {}) =>
  scripted.app.inject({ method: 'GET', url, headers: { host: own.host, ...headers } });
const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  scripted.app.inject({
    method: 'POST',
    url,
    headers: { ...own, 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });
const codeOf = (text: string): string => apiError.parse(JSON.parse(text)).error.code;

describe('reading', () => {
  test('status names processes, accounts, bots, profit and whether the books agree', async () => {
    const answer = status.parse((await get('/api/status')).json());
    assert.equal(answer.simulated, true);
    assert.deepEqual(answer.deals, { open: 1, closed: 2 }, 'of deleted bots too');
    assert.deepEqual(answer.profit, { quote: 'USDT', amount: '2', fees: '0.3' });
    assert.equal(answer.ledgerMatchesExchange, true);
    assert.equal(answer.accounts[0]?.valueQuote, '10001.898');
    assert.equal(answer.clock.speed, 10);
    const server = answer.processes.find(({ name }) => name === 'server');
    assert.equal(server?.pid, process.pid);
    assert.ok((server?.rssBytes ?? 0) > 1_000_000);
    assert.ok(answer.processes.some(({ name }) => name === 'signer'));
  });

  test('processes that up keeps are merged, and one whose process is gone counts as stopped', async () => {
    const gone = 2 ** 22 + 1; // above the largest process number
    const rows = [
      { name: 'engine', pid: process.pid, state: 'running', startedAt: 5 },
      { name: 'exchange', pid: gone, state: 'running', startedAt: 5 },
    ];
    writeFileSync(join(scripted.folder, 'processes.json'), JSON.stringify(rows));
    const { processes } = status.parse((await get('/api/status')).json());
    assert.equal(processes.find(({ name }) => name === 'engine')?.state, 'running');
    assert.equal(processes.find(({ name }) => name === 'exchange')?.state, 'stopped');
    assert.deepEqual(
      processes.map(({ name }) => name),
      ['signer', 'exchange', 'engine', 'server'],
    );
  });

  test('a bot shows its settings, funds, ladder, take profit and dust', async () => {
    const bot = botDetail.parse((await get('/api/bots/dca1')).json());
    assert.equal(bot.openDeals[0]?.ladder.length, 3);
    assert.equal(bot.openDeals[0]?.ladder[1]?.state, 'resting');
    assert.equal(bot.openDeals[0]?.takeProfit?.price, '101');
    assert.deepEqual(bot.dust, [{ asset: 'BTC', quantity: '0.0001' }]);
    assert.deepEqual(bot.funds, [{ asset: 'USDT', available: '700', reserved: '99' }]);
    // 1 BTC less the fee of 0.001 BTC, at 102, less the 100 spent
    assert.equal(bot.openDeals[0]?.profit, '1.898');
    assert.equal(bot.openDeals[0]?.profitPercent, '1.898');
  });

  test('a bot that is not there is named in the refusal', async () => {
    const response = await get('/api/bots/nope');
    assert.equal(response.statusCode, 404);
    assert.equal(codeOf(response.body), 'bot-unknown');
    assert.match(response.body, /\\"nope\\"/);
  });

  test('deals come newest first, by page, by state', async () => {
    const first = dealsAnswer.parse((await get('/api/deals?bot=dca1&limit=1')).json());
    assert.deepEqual(
      first.deals.map(({ number }) => number),
      [2],
    );
    const second = dealsAnswer.parse((await get(`/api/deals?bot=dca1&limit=1&before=${first.next}`)).json());
    assert.deepEqual(
      second.deals.map(({ number }) => number),
      [1],
    );
    assert.equal(second.next, null);
    const closed = dealsAnswer.parse((await get('/api/deals?state=closed&bot=dca1')).json());
    assert.equal(closed.deals[0]?.profitPercent, '1.5');
  });

  test('what deleted bots made stays in the statistics, and their own can be read', async () => {
    const of = async (path: string) => statisticsAnswer.parse((await get(path)).json()).statistics[0];
    const all = await of('/api/statistics');
    assert.deepEqual([all?.deals, all?.profit, all?.byDay[0]?.profit, all?.byPair[0]?.fees], [2, '2', '2', '0.3']);
    assert.equal((await of('/api/bots/gone1/statistics'))?.profit, '0.5');
    assert.equal((await get('/api/bots/gone1')).statusCode, 404);
    assert.equal((await get('/api/bots/gone2/statistics')).statusCode, 404);
  });

  test('candles of an hour are joined from minutes', async () => {
    const minutes = candlesAnswer.parse((await get('/api/pairs/BTC/USDT/candles?limit=5')).json());
    assert.equal(minutes.candles.length, 5);
    assert.equal(minutes.candles[4]?.closed, false);
    const { candles } = candlesAnswer.parse((await get('/api/pairs/BTC/USDT/candles?interval=15m&limit=2')).json());
    assert.deepEqual(
      candles.map(({ openTime, open, high, low, close, volume, closed }) => [
        openTime - start,
        open,
        high,
        low,
        close,
        volume,
        closed,
      ]),
      [
        [30 * 60_000, '130', '145', '129', '144.5', '30', true],
        [45 * 60_000, '145', '160', '144', '159.5', '30', false],
      ],
    );
  });

  test('fills are marks and resting orders lines', async () => {
    const answer = fillsAnswer.parse((await get('/api/pairs/BTC/USDT/fills')).json());
    assert.equal(answer.fills[0]?.feeAsset, 'BTC');
    assert.equal(answer.orders[0]?.role, 'averaging');
  });

  test('the equity curve knows its largest fall', async () => {
    const answer = equityAnswer.parse((await get('/api/equity')).json());
    assert.equal(answer.points.length, 4);
    assert.equal(answer.largestDrawdown, '0.1');
  });

  test('a verdict carries its reason and its bot', async () => {
    const { verdicts } = verdictsAnswer.parse((await get('/api/verdicts?limit=5')).json());
    assert.equal(verdicts[0]?.code, 'E_SIZE');
    assert.equal(verdicts[0]?.bot, 'dca1');
  });

  test('pairs carry their steps and price, kinds of bots the schema of their settings', async () => {
    assert.equal(pairsAnswer.parse((await get('/api/pairs')).json()).pairs[0]?.price?.ask, '102.1');
    const { kinds } = botKindsAnswer.parse((await get('/api/bot-kinds')).json());
    const dca = kinds.find(({ kind }) => kind === 'dca');
    assert.equal(dca?.schema.type, 'object');
  });

  test('a query that is not understood is refused with the name of its field', async () => {
    for (const [url, field] of [
      ['/api/deals?limit=0', 'limit'],
      ['/api/deals?state=half', 'state'],
      ['/api/pairs/BTC/USDT/candles?interval=7m', 'interval'],
      ['/api/verdicts?limit=abc', 'limit'],
    ] as const) {
      const response = await get(url);
      assert.equal(response.statusCode, 400, url);
      assert.equal(apiError.parse(response.json()).error.field, field);
    }
    assert.equal((await get('/api/deals?nonsense=1')).statusCode, 400);
  });

  test('before the engine has made its database, reads say so', async () => {
    const empty = await scriptedServer({ empty: true });
    const response = await empty.app.inject({ url: '/api/bots', headers: { host: own.host } });
    await empty.close();
    assert.equal(response.statusCode, 503);
    assert.equal(codeOf(response.body), 'engine-data-missing');
  });
});

describe('changing', () => {
  const settings = { baseOrderSize: '100', averagingOrderSize: '100' };
  beforeEach(() => {
    scripted.commands.length = 0;
  });

  test('a bot is made', async () => {
    const response = await post('/api/bots', { kind: 'dca', pair: 'BTC/USDT', settings });
    assert.equal(response.statusCode, 200, response.body);
    assert.deepEqual(response.json(), { ok: true, bot: 'dca2' });
    const sent = scripted.commands[0];
    assert.ok(sent?.command === 'bot-create');
    assert.equal(sent.name, 'DCA BTC/USDT');
    assert.deepEqual(sent.settings, settings);
  });

  test('what the engine finds wrong with settings names the first field', async () => {
    const before = scripted.answer;
    for (const [code, reason, field = 'settings.stepPercent'] of [
      [
        'settings-malformed',
        'Settings: stepPercent: must be a plain decimal; funds.USDT: 5 USDT are given, and 150 USDT are needed',
      ],
      ['settings-unfit', 'stepPercent: is too small.'],
      ['settings-malformed', 'Settings: pairs.1: "eth" must be BASE/QUOTE such as BTC/USDT; size: is missing', 'pairs.1'],
      ['funds-malformed', 'funds.USDT: "1,5" must be a plain decimal such as "250" or "0.5"', 'funds.USDT'],
    ] as const) {
      scripted.answer = () => ({ ok: false, error: { code, reason } });
      const response = await post('/api/bots', { kind: 'dca', pair: 'BTC/USDT', settings: { ...settings, stepPercent: '-1' } });
      assert.equal(response.statusCode, 400);
      assert.deepEqual(apiError.parse(response.json()).error, { code, reason, field });
    }
    scripted.answer = before;
    scripted.commands.length = 0;
    assert.equal(codeOf((await post('/api/bots', { kind: 'magic', pair: 'BTC/USDT', settings })).body), 'bot-kind-unknown');
    assert.equal(codeOf((await post('/api/bots', { kind: 'dca', pair: 5, settings })).body), 'request-malformed');
    assert.equal(scripted.commands.length, 0);
    await post('/api/bots', { kind: 'dca', pair: 'btc', settings, funds: { USDT: '1,5' } });
    assert.equal(scripted.commands.length, 1, 'the engine says what is malformed in pair and funds, with all other faults');
    scripted.commands.length = 0;
  });

  test('each action reaches the engine once, under the key of the caller', async () => {
    for (const action of ['start', 'stop', 'start-deal', 'close-now', 'cancel-deal', 'release-kept']) {
      const response = await post(`/api/bots/dca1/${action}`, {}, { 'idempotency-key': `key-${action}` });
      assert.equal(response.statusCode, 200, response.body);
    }
    assert.deepEqual(
      scripted.commands.map((sent) => [sent.id, sent.command === 'bot-action' ? sent.action : '']),
      ['start', 'stop', 'start-deal', 'close-now', 'cancel-deal', 'release-kept'].map((action) => [`api:key-${action}`, action]),
    );
  });

  test("the engine's refusals pass with their code", async () => {
    const before = scripted.answer;
    scripted.answer = () => ({ ok: false, error: { code: 'funds-short', reason: 'needs 500 USDT, 100 are free' } });
    const response = await post('/api/bots/dca1/start-deal', {});
    scripted.answer = before;
    assert.equal(response.statusCode, 409);
    assert.equal(codeOf(response.body), 'funds-short');
  });

  test('a dead engine refuses commands while reads go on', async () => {
    scripted.alive.engine = false;
    const response = await post('/api/bots/dca1/stop', {});
    assert.equal(response.statusCode, 503);
    assert.equal(codeOf(response.body), 'engine-unreachable');
    assert.equal((await get('/api/bots')).statusCode, 200);
    scripted.alive.engine = true;
  });

  test('a vault out of reach is said, and status goes on without it', async () => {
    const apart = await scriptedServer();
    apart.alive.vault = false;
    const ask = (url: string) => apart.app.inject({ url, headers: { host: own.host } });
    assert.equal(codeOf((await ask('/api/verdicts')).body), 'vault-unreachable');
    const answer = status.parse((await ask('/api/status')).json());
    assert.equal(answer.vault.state, 'unreachable');
    assert.equal(answer.simulated, null);
    assert.equal(answer.ledgerMatchesExchange, null);
    await apart.close();
  });

  test('freeze reaches the vault, and no route lifts it', async () => {
    const apart = await scriptedServer();
    const send = (url: string, payload: object) =>
      apart.app.inject({ method: 'POST', url, headers: { ...own, 'content-type': 'application/json' }, payload });
    assert.deepEqual((await send('/api/freeze', { reason: 'a test' })).json(), { ok: true, state: 'frozen' });
    assert.deepEqual(apart.freezes, ['a test']);
    assert.equal((await send('/api/freeze', { reason: '' })).statusCode, 400);
    assert.equal((await send('/api/unfreeze', {})).statusCode, 404);
    await apart.close();
  });

  test('a flood of changes is slowed', async () => {
    const apart = await scriptedServer();
    const codes = new Set<number>();
    for (let n = 0; n < 60; n += 1) {
      const headers = { ...own, 'content-type': 'application/json' };
      codes.add((await apart.app.inject({ method: 'POST', url: '/api/bots/dca1/stop', headers, payload: {} })).statusCode);
    }
    assert.deepEqual([...codes].sort(), [200, 429]);
    await apart.close();
  });

  test('a body that is too large, empty or broken is refused', async () => {
    assert.equal(codeOf((await post('/api/freeze', { reason: 'x'.repeat(70_000) })).body), 'request-too-large');
    assert.equal(codeOf((await post('/api/freeze', '')).body), 'request-malformed');
    assert.equal(codeOf((await post('/api/freeze', '{"reason":')).body), 'request-malformed');
    assert.equal(codeOf((await post('/api/freeze', '{"reason":"a","__proto__":{"x":1}}')).body), 'request-malformed');
    const deep = `{"kind":"dca","pair":"BTC/USDT","settings":${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}}`;
    for (const url of ['/api/bots/check', '/api/bots', '/api/backtests'])
      assert.match((await post(url, deep)).body, /request-malformed.*nested deeper than 32 levels/);
    assert.deepEqual(scripted.freezes, []);
  });
});

describe('the page', () => {
  test('without a build a plain page says so', async () => {
    const response = await get('/');
    assert.equal(response.statusCode, 200);
    assert.match(response.body, /not built/);
  });

  test('each answer of the index has a new nonce in page and policy; named files never change', async () => {
    const dist = join(scripted.folder, 'dist');
    mkdirSync(join(dist, 'assets'), { recursive: true });
    writeFileSync(
      join(dist, 'index.html'),
      '<meta property="csp-nonce" nonce="__CSP_NONCE__"><script src="/assets/a-1.js"></script>',
    );
    writeFileSync(join(dist, 'assets', 'a-1.js'), 'export {};');
    writeFileSync(join(dist, 'theme.js'), '');
    writeFileSync(join(dist, '.source-hash'), 'secret');
    const [one, two] = [await get('/'), await get('/bots/dca1')];
    const nonces = [one, two].map(({ body }) => /nonce="([^"]+)"/.exec(body)?.[1] ?? '');
    assert.notEqual(nonces[0], nonces[1]);
    assert.ok(String(one.headers['content-security-policy']).includes(`'nonce-${nonces[0]}'`));
    assert.ok(String(two.headers['content-security-policy']).includes(`'nonce-${nonces[1]}'`));
    const script = await get('/assets/a-1.js');
    assert.match(String(script.headers['cache-control']), /immutable/);
    assert.match(String(script.headers['content-type']), /javascript/);
    assert.equal((await get('/theme.js')).headers['cache-control'], 'no-cache');
    assert.equal((await get('/assets/none.js')).statusCode, 404);
  });

  test('nothing outside the build is served', async () => {
    for (const path of [
      '/.source-hash',
      '/../engine.db',
      '/%2e%2e/engine.db',
      '/assets/..%2f..%2fengine.db',
      '/..%5cengine.db',
      '/a%00.js',
    ]) {
      const response = await get(path);
      assert.ok(response.statusCode >= 400, `${path} gave ${response.statusCode}`);
    }
  });
});

test('every answer carries the security headers and none a CORS header', async () => {
  const answers = [
    await get('/'),
    await get('/api/bots'),
    await get('/api/none'),
    await get('/api/bots', { host: 'evil.example' }),
    await get('/api/bots', { origin: 'http://evil.example' }),
    await post('/api/freeze', '{'),
    await scripted.app.inject({ method: 'OPTIONS', url: '/api/freeze', headers: own }),
  ];
  for (const { headers, statusCode } of answers) {
    assert.equal(headers['x-content-type-options'], 'nosniff', String(statusCode));
    assert.match(String(headers['content-security-policy']), /frame-ancestors 'none'/);
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
    assert.deepEqual(
      Object.keys(headers).filter((name) => name.startsWith('access-control-')),
      [],
    );
  }
  assert.equal(port, 8430);
  assert.equal(token.length, 64);
});
