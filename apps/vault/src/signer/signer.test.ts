import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, doorPaths } from '@holdfast/domain';
import { account, btc, buy, cancel, mandateHash, scriptedVault, sell, testMandate } from './testing/scripted-vault.ts';

const kinds = (vault: ReturnType<typeof scriptedVault>) => vault.events().map((it) => it.event?.kind ?? it.kind);

test('an order goes from intent to fill, and its events are numbered without gaps', async () => {
  const vault = scriptedVault();
  await vault.open();
  await vault.subscribe(1);
  const bot = await vault.grant();
  assert.equal(bot.answer.status, 200);
  const answer = await bot.intent(buy('a-1'));
  assert.deepEqual(answer.body, { verdict: { kind: 'approved' } });
  await vault.settle();
  assert.equal(vault.exchange.orders.length, 1);
  vault.exchange.fill(1, '1');
  await vault.settle();
  assert.deepEqual(kinds(vault), ['order-accepted', 'order-filled']);
  assert.deepEqual(
    vault.events().map((it) => it.seq),
    [1, 2],
  );
  const filled = vault.events()[1].event;
  assert.equal(filled.complete, true);
  assert.equal(filled.fee, '0.001');
});

test('the same id with the same intent gives the same answer and one order, with another intent E_DUPLICATE', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('a-1'));
  const again = await bot.intent(buy('a-1'));
  const other = await bot.intent(buy('a-1', '2'));
  await vault.settle();
  assert.deepEqual(again.body, { verdict: { kind: 'approved' } });
  assert.equal((other.body as never as { verdict: { code: string } }).verdict.code, 'E_DUPLICATE');
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  const after = await bot.intent(buy('a-1'));
  assert.deepEqual(after.body, { verdict: { kind: 'approved' } });
  assert.equal(vault.exchange.orders.length, 1);
});

test('a lost answer is found out: the order is unknown, then accepted, and never placed twice', async () => {
  const vault = scriptedVault();
  await vault.open();
  await vault.subscribe(1);
  const bot = await vault.grant();
  vault.exchange.weather('answer-lost');
  await bot.intent(buy('a-1'));
  await vault.pass(100);
  assert.equal(vault.exchange.orders.length, 1);
  assert.ok(kinds(vault).includes('order-accepted'));
});

test('a lost request is rejected once it can no longer arrive, and its hold is free again', async () => {
  const vault = scriptedVault();
  await vault.open();
  await vault.subscribe(1);
  const bot = await vault.grant();
  vault.exchange.weather('request-lost');
  await bot.intent(buy('a-1'));
  await vault.pass(100);
  assert.deepEqual(kinds(vault), ['order-unknown']);
  const held = (await vault.status()) as never as { accounts: { used: { turnover: string } }[] };
  assert.equal(held.accounts[0]?.used.turnover, '200');
  await vault.pass(6000);
  assert.deepEqual(kinds(vault), ['order-unknown', 'order-rejected']);
  const free = (await vault.status()) as never as { accounts: { used: { turnover: string } }[] };
  assert.equal(free.accounts[0]?.used.turnover, '0');
});

test('a signer killed between journal and send signs nothing twice and says what became of the order', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  vault.exchange.weather('request-lost');
  void bot.intent(buy('a-1'));
  await vault.settle();
  vault.exchange.weather('fine');
  const sent = vault.exchange.requests.filter((it) => it.method === 'POST').length;
  vault.restart();
  await vault.subscribe(1);
  await vault.pass(6000);
  assert.equal(vault.exchange.requests.filter((it) => it.method === 'POST').length, sent);
  assert.deepEqual(kinds(vault).at(-1), 'order-rejected');
});

test('fills missed while the signer was away are posted exactly once after the start', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('a-1', '2'));
  await vault.settle();
  vault.exchange.weather('stream-silent');
  vault.exchange.fill(1, '0.5');
  vault.exchange.weather('fine');
  vault.restart();
  await vault.settle();
  vault.exchange.fill(1, '1.5');
  await vault.settle();
  vault.restart();
  await vault.subscribe(1);
  await vault.pass(3000);
  assert.deepEqual(kinds(vault), ['order-accepted', 'order-filled', 'order-filled']);
  const balances = await vault.askAsPeer(doorPaths.read, { kind: 'balances', account });
  assert.deepEqual((balances.body as never as { balances: unknown[] }).balances, [
    { asset: 'USDT', total: '9800', locked: '0' },
    { asset: 'BTC', total: '1.998', locked: '0' },
  ]);
});

test('reading the journal again gives the same answers, and a lost stream is read up', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('a-1', '2'));
  await vault.settle();
  vault.exchange.loseStream();
  await vault.settle();
  const refused = await bot.intent(buy('a-2'));
  assert.equal((refused.body as never as { verdict: { code: string } }).verdict.code, 'E_RECONCILE');
  vault.exchange.fill(1, '2');
  await vault.pass(1000);
  await vault.sync('100');
  const approved = await bot.intent(buy('a-2'));
  assert.equal((approved.body as never as { verdict: { kind: string } }).verdict.kind, 'approved');
  const before = await vault.status();
  vault.restart();
  await vault.pass(1000);
  const { accounts } = (await vault.status()) as never as { accounts: unknown };
  assert.deepEqual(accounts, (before as never as { accounts: unknown }).accounts);
});

test('a cancelled order closes with what was filled; a cancel of a filled order is answered', async () => {
  const vault = scriptedVault();
  await vault.open();
  await vault.subscribe(1);
  const bot = await vault.grant();
  await bot.intent(buy('a-1', '2'));
  await vault.settle();
  vault.exchange.fill(1, '0.5');
  await vault.settle();
  await bot.intent(cancel('a-1'));
  await vault.settle();
  assert.deepEqual(kinds(vault), ['order-accepted', 'order-filled', 'order-cancelled']);
  assert.equal(vault.events()[2].event.filled, '0.5');
  const closed = await bot.intent(cancel('a-1'));
  assert.equal((closed.body as never as { verdict: { code: string } }).verdict.code, 'E_STATE');
  const unknown = await bot.intent(cancel('zz'));
  assert.equal((unknown.body as never as { verdict: { code: string } }).verdict.code, 'E_UNKNOWN_ORDER');
});

test('freeze refuses new orders, cancels resting entries, outlives a restart, and only the owner lifts it', async () => {
  const vault = scriptedVault();
  await vault.open();
  await vault.subscribe(1);
  const bot = await vault.grant();
  await bot.intent(buy('a-1', '1', '99'));
  await vault.settle();
  const frozen = await vault.askAsPeer(doorPaths.freeze, { reason: 'test' }, 'server');
  assert.equal(frozen.status, 200);
  await vault.settle();
  assert.deepEqual(kinds(vault), ['order-accepted', 'order-cancelled']);
  vault.restart();
  await vault.settle();
  await vault.sync('100');
  const refused = await bot.intent(buy('a-2'));
  assert.equal((refused.body as never as { verdict: { code: string } }).verdict.code, 'E_FROZEN');
  await vault.ownerAct({ act: 'unfreeze', account: null, stateEpoch: 1, at: vault.now() });
  const approved = await bot.intent(buy('a-3'));
  assert.equal((approved.body as never as { verdict: { kind: string } }).verdict.kind, 'approved');
});

test('a key that can withdraw is refused with E_PERM, an unknown permission too', async () => {
  const vault = scriptedVault();
  await vault.ownerAct({ act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: vault.now() });
  vault.exchange.restrict({ enableWithdrawals: true });
  const withdraw = await vault.ownerAct({ act: 'account-connect', account, apiKey: 'KEY', at: vault.now() });
  assert.equal((withdraw.body as never as { error: { code: string } }).error.code, 'E_PERM');
  vault.exchange.restrict({ enableWithdrawals: false, enableTeleport: true });
  const unknown = await vault.ownerAct({ act: 'account-connect', account, apiKey: 'KEY', at: vault.now() + 1 });
  assert.equal((unknown.body as never as { error: { code: string } }).error.code, 'E_PERM');
});

test('a mandate needs the next number, the hash of the one before, its canonical form and an unused act', async () => {
  const vault = scriptedVault();
  const first = testMandate();
  await vault.open(first);
  const code = async (act: Parameters<typeof vault.ownerAct>[0]) =>
    ((await vault.ownerAct(act)).body as never as { error?: { code: string } }).error?.code ?? 'ok';
  const next = { ...first, seq: 2, prev: mandateHash(first), turnover24h: amount('5') };
  assert.equal(await code({ act: 'mandate', mandate: first, at: vault.now() }), 'E_REPLAY');
  assert.equal(await code({ act: 'mandate', mandate: { ...next, seq: 3 }, at: vault.now() }), 'E_MANDATE_SEQ');
  assert.equal(await code({ act: 'mandate', mandate: { ...next, prev: '' }, at: vault.now() }), 'E_MANDATE_SEQ');
  assert.equal(await code({ act: 'mandate', mandate: next, at: vault.now() - 61_000 }), 'E_TIME');
  assert.equal(await code({ act: 'mandate', mandate: next, at: vault.now() }), 'ok');
  const forged = await vault.askAsPeer(
    doorPaths.owner,
    { act: '{}', proof: { kind: 'ed25519', credential: 'ab', signature: '' } },
    'cli',
  );
  assert.equal((forged.body as never as { error: { code: string } }).error.code, 'E_MANDATE_SIG');
});

test('the door refuses what is stale, replayed, forged, unknown or not for the caller', async () => {
  const vault = scriptedVault();
  await vault.open();
  const code = (answer: { body: unknown }) => (answer.body as { error?: { code: string } }).error?.code;
  const key = vault.peerKey('cli');
  const body = JSON.stringify({ kind: 'status' });
  const headers = vault.headersFor(key, 'cli', 'POST', doorPaths.read, body, 'a'.repeat(32));
  assert.equal(code(await vault.raw('POST', doorPaths.read, body, headers)), undefined);
  assert.equal(code(await vault.raw('POST', doorPaths.read, body, headers)), 'E_REPLAY');
  assert.equal(code(await vault.raw('POST', doorPaths.read, `${body} `, headers)), 'E_SIG');
  assert.equal(code(await vault.raw('POST', doorPaths.freeze, body, headers)), 'E_SIG');
  assert.equal(code(await vault.raw('POST', '/v1/withdraw', body, headers)), 'E_PATH');
  assert.equal(code(await vault.raw('POST', doorPaths.read, body, { ...headers, nonce: '' })), 'E_PARAM');
  await vault.pass(3001);
  assert.equal(code(await vault.raw('POST', doorPaths.read, body, headers)), 'E_TIME');
  assert.equal(code(await vault.askAsPeer(doorPaths.read, { kind: 'status', more: 1 })), 'E_PARAM');
  assert.equal(code(await vault.askAsPeer(doorPaths.intent, buy('a'))), 'E_RIGHT');
  vault.restart();
  const old = vault.headersFor(key, 'cli', 'POST', doorPaths.read, body, 'b'.repeat(32));
  assert.equal(code(await vault.raw('POST', doorPaths.read, body, { ...old, time: String(vault.now() - 1) })), 'E_SIG');
});

test('a grant inside the mandate starts at once, again with the same key; outside it is E_RIGHT; revoked it is over', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  const same = await vault.grant();
  assert.equal(same.subKey, bot.subKey);
  const wide = await vault.grant('bot-2', { turnover24h: '10001' });
  assert.equal((wide.answer.body as never as { error: { code: string } }).error.code, 'E_RIGHT');
  await vault.askAsPeer(doorPaths.revoke, { subKey: bot.subKey });
  const refused = await bot.intent(buy('a-1'));
  assert.match(JSON.stringify(refused.body), /E_REVOKED/);
});

test('a foreign order at the exchange freezes the account when the mandate says so', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await vault.subscribe(1);
  const event = {
    e: 'executionReport',
    s: 'BTCUSDT',
    c: 'web_1',
    C: '',
    i: 99,
    x: 'NEW',
    X: 'NEW',
    r: 'NONE',
    z: '0',
    T: 1,
    t: -1,
  };
  vault.exchange.say({ kind: 'event', account, event: JSON.stringify(event) });
  vault.exchange.say({ kind: 'event', account, event: JSON.stringify(event) });
  await vault.settle();
  assert.deepEqual(kinds(vault), ['foreign']);
  assert.match(JSON.stringify((await bot.intent(buy('a-1'))).body), /E_FROZEN/);
});

test('an event that cannot be read ends nothing: no order leaves until the account was read, and it is said', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  const say = async (event: object): Promise<void> => {
    vault.exchange.say({ kind: 'event', account, event: JSON.stringify(event) });
    await vault.settle();
  };
  const wasSaid = (what: RegExp): number => vault.logged.filter((line) => what.test(line)).length;
  await say({ e: 'executionReport', s: 'BTCUSDT', c: 'hf1', C: '', i: 7, x: 'TRADE', X: 'FILLED' });
  assert.match(JSON.stringify((await bot.intent(buy('a-1'))).body), /E_RECONCILE/);
  await vault.pass(10);
  assert.deepEqual((await bot.intent(buy('a-2'))).body, { verdict: { kind: 'approved' } });
  const asked = vault.exchange.requests.length;
  await say({ e: 'executionReport' });
  await vault.pass(4000);
  assert.equal(vault.exchange.requests.length, asked, 'a flood of such events is no flood of reads');
  await vault.pass(1000);
  assert.ok(vault.exchange.requests.length > asked);
  assert.equal(wasSaid(/an event that cannot be read/), 2);
  for (let i = 0; i < 3; i += 1) await say({ e: 'somethingNew', E: 1 });
  assert.equal(wasSaid(/"somethingNew" is not known/), 1);
  assert.deepEqual((await bot.intent(buy('a-3'))).body, { verdict: { kind: 'approved' } });
});

test('a subscription that the exchange ends is opened again', async () => {
  const vault = scriptedVault();
  await vault.open();
  await vault.subscribe(1);
  vault.exchange.say({ kind: 'event', account, event: '{"e":"eventStreamTerminated","E":1}' });
  await vault.settle();
  vault.exchange.deposit('USDT', '5', false);
  await vault.pass(5000);
  assert.deepEqual(kinds(vault), ['balance'], 'what happened meanwhile is found');
  vault.exchange.deposit('USDT', '6', true);
  await vault.settle();
  assert.deepEqual(kinds(vault), ['balance', 'balance']);
});

test('a deposit becomes a balance event, whether the stream told it or the next reading found it', async () => {
  const vault = scriptedVault();
  await vault.open();
  await vault.subscribe(1);
  vault.exchange.deposit('USDT', '5', true);
  await vault.settle();
  vault.exchange.deposit('ETH', '2', false);
  vault.exchange.loseStream();
  await vault.pass(5000);
  assert.deepEqual(
    vault.events().map((it) => [it.kind, it.asset, it.change]),
    [
      ['balance', 'USDT', '5'],
      ['balance', 'ETH', '2'],
    ],
  );
});

test('sync lines follow everything before them, wait while an account is read, and are said again on connect', async () => {
  const vault = scriptedVault();
  await vault.open();
  await vault.subscribe(1);
  const bot = await vault.grant();
  await bot.intent(buy('a-1'));
  await vault.settle();
  vault.exchange.fill(1, '1');
  await vault.sync('100');
  assert.match(vault.lines.at(-1)!, /"sync"/);
  assert.match(vault.lines.at(-2)!, /order-filled/);
  const said = vault.lines.length;
  vault.exchange.loseStream();
  await vault.settle();
  await vault.sync('100');
  assert.equal(vault.lines.length, said);
  await vault.pass(1000);
  assert.equal(vault.lines.length, said + 1);
  await vault.subscribe(99);
  assert.equal(vault.lines.length, 1);
});

test('a position can be sold although the turnover is used up, and nothing beyond it', async () => {
  const vault = scriptedVault();
  await vault.open(testMandate({ turnover24h: amount('200') }));
  const bot = await vault.grant('bot-1', { turnover24h: '200' });
  await bot.intent(buy('a-1', '1', '100'));
  await vault.settle();
  vault.exchange.fill(1, '1');
  await vault.settle();
  assert.match(JSON.stringify((await bot.intent(buy('a-2', '0.01'))).body), /E_TURNOVER/);
  assert.match(JSON.stringify((await bot.intent(sell('a-3', '1', '100'))).body), /E_POS|E_TURNOVER/);
  assert.deepEqual((await bot.intent(sell('a-4', '0.999', '99.9'))).body, { verdict: { kind: 'approved' } });
});

test('damage in the journal refuses to start and names the record; a torn last line is cut off', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bytes = Buffer.from(vault.journal());
  vault.setJournal(Buffer.concat([bytes, Buffer.from('{"seq":99,"ti')]));
  vault.restart();
  await vault.settle();
  assert.ok(vault.journal().length > bytes.length);
  const damaged = Buffer.from(bytes);
  damaged[bytes.indexOf('\n') + 30] = 0x21;
  vault.setJournal(damaged);
  assert.throws(() => vault.restart(), /record 2 .*damaged/);
});

test('no upstream signature, key or secret reaches the gate', async () => {
  const vault = scriptedVault();
  await vault.open();
  const bot = await vault.grant();
  await bot.intent(buy('a-1'));
  await vault.settle();
  const shown = JSON.stringify(await vault.status()) + vault.lines.join('') + vault.journal().toString();
  for (const request of vault.exchange.requests) {
    const signature = new URLSearchParams(request.query).get('signature')!;
    assert.ok(!shown.includes(signature));
  }
  assert.equal(btc, 'BTC/USDT');
});
