import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, doorPaths, type Mandate, type VaultAccount } from '@holdfast/domain';
import { compareMandates } from '@holdfast/policy';
import fc from 'fast-check';
import { codeOf, connected, dayMs, enrol, mandateOf, type Owner, realVault, type Vault, webhook } from '../testing/owner-side.ts';
import { mandateHash, scriptedVault, sell, testMandate } from '../testing/scripted-vault.ts';

const shown = async (vault: Vault): Promise<VaultAccount> =>
  ((await vault.status()) as unknown as { accounts: VaultAccount[] }).accounts[0]!;
const turnover = async (vault: Vault): Promise<string> => String((await shown(vault)).mandate?.turnover24h);

const next = (before: Mandate, change: Partial<Mandate>): Mandate => ({
  ...before,
  seq: before.seq + 1,
  prev: mandateHash(before),
  ...change,
});
const sign = (vault: Vault, owner: Owner, mandate: Mandate) => owner.act({ act: 'mandate', mandate, at: vault.now() });
const pendingId = (answer: { body: unknown }): string => (answer.body as { pending: string }).pending;

test('widening one field by the least step waits 24 hours on a real vault; the old limits stay until then', async () => {
  const { vault, owner, mandate } = await realVault();
  const wider = next(mandate, { turnover24h: amount('10000.00000001'), burn24h: amount('1') });
  const answer = await sign(vault, owner, wider);
  assert.equal((answer.body as { from?: number }).from, vault.now() + dayMs);
  assert.equal(await turnover(vault), '10000');
  assert.equal(String((await shown(vault)).mandate?.burn24h), '100', 'narrower fields of the same document wait too');
  assert.equal((await shown(vault)).pending.length, 1);
  await vault.pass(dayMs - 1);
  assert.equal(await turnover(vault), '10000');
  await vault.pass(1);
  assert.equal(await turnover(vault), '10000.00000001');
  assert.equal((await shown(vault)).pending.length, 0);
});

test('a widening is announced on both destinations in plain words, once', async () => {
  const { vault, owner, mandate } = await realVault();
  await sign(vault, owner, next(mandate, { turnover24h: amount('20000') }));
  await vault.settle();
  const told = vault.exchange.notices.filter((it) => it.title.startsWith('Waiting'));
  assert.deepEqual(told.map((it) => it.destination.id).sort(), ['one', 'two']);
  assert.match(told[0]!.text, /turnover.*20000/i);
  assert.match(told[0]!.text, /veto/);
  vault.restart();
  await vault.settle();
  assert.equal(vault.exchange.notices.filter((it) => it.title.startsWith('Waiting')).length, 2);
});

test('narrower and equal mandates count at once, from the owner and from a program without his proof', async () => {
  const { vault, owner, mandate } = await realVault();
  const narrower = next(mandate, { turnover24h: amount('9000') });
  assert.equal(codeOf(await sign(vault, owner, narrower)), 'ok');
  assert.equal(await turnover(vault), '9000');
  const more = next(narrower, { turnover24h: amount('8000') });
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.narrow, { mandate: more }, 'server')), 'ok');
  assert.equal(await turnover(vault), '8000');
  const wider = next(more, { turnover24h: amount('8000.1') });
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.narrow, { mandate: wider }, 'server')), 'E_RIGHT');
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.narrow, { mandate: { ...more, seq: 9 } }, 'cli')), 'E_MANDATE_SEQ');
  vault.restart();
  await vault.settle();
  assert.equal(await turnover(vault), '8000');
});

test('an unsigned wider mandate from a program that has the server’s key is refused', async () => {
  const { vault, mandate } = await realVault();
  const wider = next(mandate, { turnover24h: amount('20000') });
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.narrow, { mandate: wider }, 'server')), 'E_RIGHT');
  const act = { act: JSON.stringify({ act: 'mandate' }), proof: { kind: 'ed25519', credential: 'app', signature: '' } };
  assert.equal(codeOf(await vault.askAsPeer(doorPaths.owner, act, 'server')), 'E_MANDATE_SIG');
});

for (const [name, veto] of [
  [
    'the owner’s veto',
    async (vault: Vault, owner: Owner, pending: string) => owner.act({ act: 'veto', pending, at: vault.now() }),
  ],
  [
    'a program without a credential',
    async (vault: Vault, _owner: Owner, pending: string) => vault.askAsPeer(doorPaths.veto, { pending }, 'cli'),
  ],
  [
    'a freeze of the account',
    async (vault: Vault) => vault.askAsPeer(doorPaths.freeze, { reason: 'x', account: 'paper' }, 'server'),
  ],
  ['a freeze of everything', async (vault: Vault) => vault.askAsPeer(doorPaths.freeze, { reason: 'x' }, 'server')],
] as const)
  test(`a waiting widening never comes into force after ${name}`, async () => {
    const { vault, owner, mandate } = await realVault();
    const answer = await sign(vault, owner, next(mandate, { turnover24h: amount('20000') }));
    await vault.pass(dayMs / 2);
    assert.equal(codeOf(await veto(vault, owner, pendingId(answer))), 'ok');
    vault.restart();
    await vault.pass(3 * dayMs);
    assert.equal(await turnover(vault), '10000');
    assert.equal((await shown(vault)).pending.length, 0);
  });

test('a stranger among the owners cannot veto, nor see what waits', async () => {
  const { vault, owner, mandate } = await realVault();
  const bert = await enrol(vault, 'bert');
  const answer = await sign(vault, owner, next(mandate, { turnover24h: amount('20000') }));
  const veto = await bert.act({ act: 'veto', pending: pendingId(answer), at: vault.now() });
  assert.equal(codeOf(veto), 'E_STATE');
  await vault.pass(dayMs);
  assert.equal(await turnover(vault), '20000');
});

test('without two confirmed destinations nothing is widened on a real account', async () => {
  const vault = scriptedVault({ simulated: false });
  await vault.settle();
  const anna = await enrol(vault, 'anna');
  const { uid } = await connected(vault, anna, 'paper', 'KEY', 'binance');
  await vault.sync('100');
  const first = mandateOf(anna, 'paper', uid);
  assert.equal(codeOf(await sign(vault, anna, first)), 'ok');
  const wider = next(first, { turnover24h: amount('20000') });
  const refused = await sign(vault, anna, wider);
  assert.equal(codeOf(refused), 'E_MANDATE_PENDING');
  assert.match(refused.body.error!.reason, /2 confirmed destinations, owner anna has 0/);
  await anna.act({ act: 'destinations', destinations: [webhook('one'), webhook('two')], at: vault.now() });
  const unconfirmed = await sign(vault, anna, next(first, { turnover24h: amount('20001') }));
  assert.equal(codeOf(unconfirmed), 'E_MANDATE_PENDING');
});

test('a later widening takes the place of the one that waits and waits anew; a narrowing drops it', async () => {
  const { vault, owner, mandate } = await realVault();
  await sign(vault, owner, next(mandate, { turnover24h: amount('20000') }));
  await vault.pass(dayMs / 2);
  await sign(vault, owner, next(mandate, { turnover24h: amount('30000') }));
  await vault.pass(dayMs / 2);
  assert.equal(await turnover(vault), '10000');
  assert.equal((await shown(vault)).pending.length, 1);
  await sign(vault, owner, next(mandate, { turnover24h: amount('9000') }));
  assert.equal((await shown(vault)).pending.length, 0);
  await vault.pass(2 * dayMs);
  assert.equal(await turnover(vault), '9000');
});

test('a widening whose time passed while the vault was down comes into force after the start, not in reading the journal', async () => {
  const { vault, owner, mandate } = await realVault();
  await sign(vault, owner, next(mandate, { turnover24h: amount('20000') }));
  await vault.pass(dayMs / 2);
  vault.restart();
  await vault.pass(dayMs / 2 - 1);
  assert.equal(await turnover(vault), '10000');
  await vault.pass(1);
  assert.equal(await turnover(vault), '20000');
  vault.restart();
  await vault.settle();
  assert.equal(await turnover(vault), '20000');
});

test('a simulated vault widens at once', async () => {
  const vault = scriptedVault();
  const first = testMandate();
  await vault.open(first);
  await vault.ownerAct({ act: 'mandate', mandate: next(first, { turnover24h: amount('20000') }), at: vault.now() });
  assert.equal(await turnover(vault), '20000');
});

test('the limits in force are at any time within what was signed and due', async () => {
  const amounts = ['8000', '9000', '10000', '11000', '20000'];
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('sign' as const),
      turnover: fc.constantFrom(...amounts),
      burn: fc.constantFrom('50', '100', '150'),
    }),
    fc.record({ kind: fc.constant('pass' as const), hours: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ kind: fc.constant('veto' as const) }),
    fc.record({ kind: fc.constant('freeze' as const) }),
    fc.record({ kind: fc.constant('restart' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
      const { vault, owner, mandate } = await realVault();
      const signed: { readonly mandate: Mandate; readonly at: number }[] = [{ mandate, at: vault.now() }];
      let inForce = mandate;
      const look = async (): Promise<void> => {
        const now = await shown(vault);
        const found = signed.find((it) => mandateHash(it.mandate) === mandateHash(readMandate(now.mandate)));
        assert.ok(found, 'what is in force was signed');
        const isWider = compareMandates(inForce, found.mandate).change === 'wider';
        if (isWider) assert.ok(vault.now() - found.at >= dayMs, 'a widening counts a day after it was signed');
        inForce = found.mandate;
      };
      for (const it of steps) {
        if (it.kind === 'sign') {
          const asked = next(inForce, { turnover24h: amount(it.turnover), burn24h: amount(it.burn) });
          signed.push({ mandate: asked, at: vault.now() });
          await sign(vault, owner, asked);
        } else if (it.kind === 'pass') await vault.pass(it.hours * 3_600_000 + 1);
        else if (it.kind === 'veto') {
          const waiting = (await shown(vault)).pending[0];
          if (waiting !== undefined) await vault.askAsPeer(doorPaths.veto, { pending: waiting.id }, 'cli');
        } else if (it.kind === 'freeze') await vault.askAsPeer(doorPaths.freeze, { reason: 'x', account: 'paper' }, 'server');
        else vault.restart();
        await vault.settle();
        await look();
      }
    }),
    { numRuns: 25 },
  );
});

/** The door shows amounts as texts. */
const readMandate = (value: unknown): Mandate =>
  JSON.parse(JSON.stringify(value), (key, member) =>
    typeof member === 'string' && /Quote|Base|24h|7d|floor|ceiling/.test(key) ? amount(member) : member,
  );

test('the first mandate of a real account begins with a tenth of turnover and burn for 24 hours', async () => {
  const { vault } = await realVault();
  const bot = await vault.grant('bot-1', { turnover24h: '10000' });
  const order = {
    kind: 'place-order',
    clientOrderId: 'p-1',
    pair: 'BTC/USDT',
    side: 'buy',
    order: 'limit',
    quantity: '6',
    limit: '100',
  };
  assert.match(JSON.stringify((await bot.intent(order)).body), /E_TURNOVER|E_SIZE/);
  assert.match(JSON.stringify((await bot.intent({ ...order, clientOrderId: 'p-2', quantity: '0.9' })).body), /approved/);
  assert.match(JSON.stringify((await bot.intent(sell('p-3', '1'))).body), /refused/);
  await vault.pass(dayMs);
  await vault.sync('100');
  assert.match(JSON.stringify((await bot.intent({ ...order, clientOrderId: 'p-4' })).body), /approved/);
});
