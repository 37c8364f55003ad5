/**
 * A signer in one process for tests: journal and key files in memory, a clock that moves when told, and a small exchange
 * behind the egress port that answers as the scripts say. Restarting drops everything but what the ports held durably.
 */
import {
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import {
  type AccountId,
  type Amount,
  amount,
  type BotId,
  doorPaths,
  draftMandate,
  draftMandatePair,
  formatAmount,
  type GrantRight,
  type Mandate,
  macText,
  mandateText,
  multiply,
  noRules,
  type OwnerAct,
  type OwnerProof,
  ownerActText,
  ownerSigningText,
  type Pair,
} from '@holdfast/domain';
import { peerSecret, type SignerToEgress, type SignerToGate, type SignerToWarden, type VenueFrame } from '../../frames/frames.ts';
import { type JournalPort, toJson } from '../journal.ts';
import { idOfKey } from '../owners/credentials.ts';
import { createSecrets } from '../secrets.ts';
import { createSigner, type Signer } from '../signer.ts';

export const btc = 'BTC/USDT' as Pair;
export const account = 'paper' as AccountId;
export const vaultId = 'test-vault';

interface Answer {
  readonly status: number;
  readonly body: { readonly [key: string]: never } & Record<string, unknown>;
}
type EgressRequest = Extract<SignerToEgress, { kind: 'request' }>;

/** What the exchange does with the next orders: answers at once, loses the answer, loses the request, or answers no cancel. */
export type Weather = 'fine' | 'answer-lost' | 'request-lost' | 'stream-silent' | 'cancel-unanswered';

interface BookOrder {
  readonly symbol: string;
  readonly orderId: number;
  readonly clientOrderId: string;
  readonly side: string;
  readonly price: Amount;
  readonly origQty: Amount;
  executed: bigint;
  status: string;
  /** Client order id of the OCO that it is a leg of. */
  readonly list?: string;
}

/** A signer that can be killed: nothing of its memory survives `restart`. */
export function scriptedVault({
  simulated = true,
  portalOrigin = 'http://localhost:8431',
  watchesDisk = false,
  defers = false,
}: {
  readonly simulated?: boolean;
  readonly portalOrigin?: string;
  /** Looks at the disk every ten seconds, which makes months long. */
  readonly watchesDisk?: boolean;
  /** Records that nobody waits for are written a millisecond later, as in a file. */
  readonly defers?: boolean;
} = {}) {
  const unsealKey = Buffer.alloc(32, 7);
  const owner = generateKeyPairSync('ed25519');
  const keyFiles = new Map<string, Buffer>();
  let written: Buffer[] = [];
  const journalBytes = (): Buffer => {
    if (written.length > 1) written = [Buffer.concat(written)];
    return written[0] ?? Buffer.alloc(0);
  };
  let now = 1_700_000_000_000;
  let exchangeTime = 1_600_000_000_000;
  let timers: { readonly at: number; readonly act: () => void; readonly life: number }[] = [];
  let life = 0;
  let lastRequest = 0;
  let round = 0;
  let answers = new Map<number, (answer: Answer) => void>();
  const lines: string[] = [];
  const toWarden: SignerToWarden[] = [];
  const logged: string[] = [];
  let killWanted = '';
  let diskIsFull = false;
  let diskUsed = 10;
  const exchange = scriptedExchange(() => exchangeTime);
  let signer: Signer;

  const journal = (mine: number): JournalPort => ({
    load: journalBytes,
    truncate: (length) => {
      written = [journalBytes().subarray(0, length)];
    },
    write: async (bytes) => {
      if (mine !== life) return new Promise(() => undefined);
      if (diskIsFull) {
        written.push(bytes.subarray(0, bytes.length / 2));
        throw new Error('ENOSPC: no space left on device, write');
      }
      written.push(bytes);
    },
    ...(defers ? { later: (act) => void timers.push({ at: now + 1, act, life: mine }) } : {}),
  });

  const start = (): void => {
    life += 1;
    const mine = life;
    answers = new Map();
    exchange.attach((frame) => {
      if (mine === life) queueMicrotask(() => mine === life && signer.fromEgress(frame));
    });
    signer = createSigner({
      journal: journal(mine),
      journalName: 'journal',
      ...(watchesDisk ? { disk: () => ({ used: diskUsed, free: 100 - diskUsed }) } : {}),
      clock: { now: () => now, after: (ms, act) => void timers.push({ at: now + ms, act, life: mine }) },
      gate: (frame) => mine === life && fromSigner(frame),
      egress: (frame) => mine === life && exchange.take(frame),
      portal: (frame) => mine === life && fromSigner(frame),
      warden: (frame) => void toWarden.push(frame),
      secrets: createSecrets(createSecretKey(unsealKey), vaultId, {
        read: (name) => keyFiles.get(name) ?? null,
        write: (name, bytes) => void keyFiles.set(name, bytes),
        erase: (name) => void keyFiles.delete(name),
      }),
      config: {
        vaultId,
        simulated,
        ownerKey: simulated ? owner.publicKey : null,
        portalOrigin,
        kill: killWanted,
      },
      log: (message) => void logged.push(message),
      fatal: (error) => {
        throw error;
      },
    });
  };

  const fromSigner = (frame: SignerToGate): void => {
    if (frame.kind === 'answer') answers.get(frame.id)?.({ status: frame.status, body: JSON.parse(frame.body) });
    else if (frame.kind === 'lines') lines.push(...frame.text.split('\n').filter((line) => line !== ''));
  };

  const raw = (method: string, path: string, body: string, headers: { key: string; time: string; nonce: string; mac: string }) =>
    new Promise<Answer>((resolve) => {
      lastRequest += 1;
      answers.set(lastRequest, resolve);
      signer.fromGate({ kind: 'request', id: lastRequest, method, path, headers, body });
    });

  /** One request of the dialect door, as the gate would hand it over. */
  const dialect = (method: string, target: string, apiKey: string, body = '') =>
    new Promise<Answer>((resolve) => {
      lastRequest += 1;
      answers.set(lastRequest, resolve);
      const contentType = body === '' ? '' : 'application/x-www-form-urlencoded';
      signer.fromGate({ kind: 'dialect', id: lastRequest, method, target, apiKey, contentType, body });
    });

  /** One request of the owner's pages. */
  const portal = (path: string, body: unknown, session = ''): Promise<Answer> =>
    new Promise((resolve) => {
      lastRequest += 1;
      answers.set(lastRequest, resolve);
      const headers = { key: session, time: '', nonce: '', mac: '' };
      signer.fromPortal({ kind: 'request', id: lastRequest, method: 'POST', path, headers, body: toJson(body) });
    });

  const headersFor = (secret: Buffer, key: string, method: string, path: string, body: string, nonce: string) => {
    const time = String(now);
    const text = macText(method, path, time, nonce, createHash('sha256').update(body).digest('hex'));
    return { key, time, nonce, mac: createHmac('sha256', secret).update(text).digest('hex') };
  };

  const ask = (secret: Buffer, key: string, path: string, body: unknown, method = 'POST'): Promise<Answer> => {
    const text = method === 'GET' ? '' : toJson(body);
    return raw(method, path, text, headersFor(secret, key, method, path, text, randomBytes(16).toString('hex')));
  };

  const askAsPeer = (path: string, body: unknown, peer: 'engine' | 'server' | 'cli' = 'engine') =>
    ask(peerSecret(unsealKey, vaultId, peer), peer, path, body);

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 60; turn += 1) await Promise.resolve();
  };

  const vault = {
    exchange,
    raw,
    dialect,
    portal,
    owner,
    /** What the signer wrote on its standard error: the vault's console. */
    logged,
    /** Sealed records by name. */
    keyFiles,
    headersFor,
    ask,
    askAsPeer,
    settle,
    peerKey: (peer: 'engine' | 'server' | 'cli') => peerSecret(unsealKey, vaultId, peer),
    now: () => now,
    journal: journalBytes,
    setJournal: (bytes: Buffer) => {
      written = [Buffer.from(bytes)];
    },
    lines,
    toWarden,
    events: () => lines.map((line) => JSON.parse(line)).filter((it) => it.kind !== 'sync'),
    restart: start,
    /** Percent of the disk in use, as the signer sees it at its next look. */
    useDisk: (percent: number) => {
      diskUsed = percent;
    },
    fillDisk: (isFull: boolean) => {
      diskIsFull = isFull;
    },
    /** A start that finds a kill which no signer heard. */
    restartKilled: (reason: string) => {
      killWanted = reason;
      start();
      killWanted = '';
    },
    /** Moves the machine's clock, running what falls due. */
    pass: async (ms: number) => {
      const until = now + ms;
      for (;;) {
        await settle();
        const due = timers.filter((it) => it.at <= until).sort((a, b) => a.at - b.at)[0];
        if (due === undefined) break;
        timers = timers.filter((it) => it !== due);
        now = Math.max(now, due.at);
        if (due.life === life) due.act();
      }
      now = until;
      await settle();
    },
    /** A round of the exchange's clock with a reference price. */
    sync: async (price: string, ms = 1000, sources = 3, own: readonly VenueFrame[] = []) => {
      exchangeTime += ms;
      round += 1;
      const reference = [{ pair: btc, price, sources }];
      signer.fromEgress({ kind: 'sync', n: round, time: exchangeTime, reference, own });
      await settle();
    },
    /** The same outside of lockstep: a reference price with its time. */
    reference: async (price: string, ms = 1000, sources = 3) => {
      exchangeTime += ms;
      signer.fromEgress({ kind: 'reference', time: exchangeTime, reference: [{ pair: btc, price, sources }] });
      await settle();
    },
    ownerAct: async (act: OwnerAct) => {
      return askAsPeer(doorPaths.owner, signedBy(owner.privateKey, act), 'cli');
    },
    subscribe: async (from: number) => {
      lines.length = 0;
      void ask(peerSecret(unsealKey, vaultId, 'engine'), 'engine', `${doorPaths.events}?from=${from}`, '', 'GET');
      await settle();
    },
    status: async () => (await askAsPeer(doorPaths.read, { kind: 'status' })).body as unknown as Record<string, never>,
    /** Account made, connected, with a mandate; live at a reference price of 100. */
    open: async (mandate: Mandate = testMandate()) => {
      await vault.ownerAct({ act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: now });
      await vault.ownerAct({ act: 'account-connect', account, apiKey: 'KEY', at: now });
      await vault.ownerAct({ act: 'mandate', mandate, at: now });
      await settle();
      await vault.sync('100');
    },
    grant: async (
      bot = 'bot-1',
      terms: Partial<{ maxOrderQuote: string; turnover24h: string; pairs: string[]; rights: readonly GrantRight[] }> = {},
    ) => {
      const body = {
        bot: bot as BotId,
        account,
        pairs: [btc],
        maxOrderQuote: '1000',
        turnover24h: '10000',
        rights: [],
        ...terms,
      };
      const answer = await askAsPeer(doorPaths.grant, body);
      const { subKey, secret } = answer.body as unknown as { subKey: string; secret: string };
      const asBot = (path: string, asked: unknown) => ask(Buffer.from(secret ?? '', 'hex'), subKey, path, asked);
      return { answer, subKey, ask: asBot, intent: (asked: unknown) => asBot(doorPaths.intent, asked) };
    },
  };
  start();
  return vault;
}

/** The number that the scripted exchange gives its account, and its fingerprint at this vault. */
const exchangeUid = 350_000_001;
export const uid = createSecrets(createSecretKey(Buffer.alloc(32, 7)), vaultId, {
  read: () => null,
  write: () => undefined,
  erase: () => undefined,
}).fingerprint('uid', `simulated\0${exchangeUid}`);

/** The body of an owner act that a key signed. */
export function signedBy(key: KeyObject, act: OwnerAct) {
  const text = ownerActText(act);
  const signature = sign(null, Buffer.from(ownerSigningText(vaultId, text)), key).toString('base64');
  const proof: OwnerProof = { kind: 'ed25519', credential: idOfKey(createPublicKey(key)), signature };
  return { act: text, proof };
}

export const testMandate = (change: Partial<Mandate> = {}): Mandate =>
  draftMandate({
    account,
    uid,
    exp: 1_600_000_000_000 + 30 * 86_400_000,
    quote: 'USDT' as Mandate['quote'],
    pairs: [
      draftMandatePair({
        pair: btc,
        sides: ['buy', 'sell'],
        orders: ['limit', 'post-only', 'ioc'],
        maxOrderQuote: amount('1000'),
        maxOrderBase: amount('100'),
        floor: amount('1'),
        ceiling: amount('1000'),
        bandBps: 50,
        maxSellHeldBase24h: amount('0'),
      }),
    ],
    turnover24h: amount('10000'),
    burn24h: amount('100'),
    ordersPerMinute: 60,
    openOrders: 20,
    foreign: 'freeze',
    rules: noRules,
    ...change,
  });

/** The same with protective stops: a gap of 1 % and a stop budget. */
export const ocoMandate = (change: Partial<Mandate> = {}): Mandate => {
  const { pairs, ...rest } = testMandate({ stopBudget24h: amount('20'), ...change });
  const orders = ['limit', 'post-only', 'ioc', 'stop-limit'] as const;
  return { ...rest, pairs: pairs.map((it) => ({ ...it, orders, stopGapBps: 100 })) };
};

export const mandateHash = (mandate: Mandate): string => createHash('sha256').update(mandateText(mandate)).digest('hex');

export const buy = (clientOrderId: string, quantity = '1', limit = '100') => ({
  kind: 'place-order',
  clientOrderId,
  pair: btc,
  side: 'buy',
  order: 'limit',
  quantity,
  limit,
});
export const sell = (clientOrderId: string, quantity = '1', limit = '100') => ({
  ...buy(clientOrderId, quantity, limit),
  side: 'sell',
});
/** Sells at `target`, or at a stop of `trigger`; the legs are named after the OCO. */
export const oco = (clientOrderId: string, quantity = '1', target = '110', trigger = '95', limit = '94.9') => ({
  kind: 'place-oco',
  clientOrderId,
  pair: btc,
  side: 'sell',
  quantity,
  limitLeg: { clientOrderId: `${clientOrderId}.t`, limit: target },
  stopLeg: { clientOrderId: `${clientOrderId}.s`, trigger, limit },
});
export const cancel = (clientOrderId: string) => ({ kind: 'cancel-order', clientOrderId, pair: btc });

type ToSigner = Parameters<Signer['fromEgress']>[0];

function scriptedExchange(time: () => number) {
  let say: (frame: ToSigner) => void = () => undefined;
  let weather: Weather = 'fine';
  let streamIsOpen = false;
  let restrictions: Record<string, unknown> = {
    ipRestrict: true,
    createTime: 1,
    enableReading: true,
    enableSpotAndMarginTrading: true,
    enableWithdrawals: false,
  };
  const balances = new Map<string, bigint>([['USDT', amount('10000')]]);
  const orders: BookOrder[] = [];
  const trades: (Record<string, unknown> & { id: number })[] = [];
  const requests: EgressRequest['request'][] = [];
  const notices: Extract<SignerToEgress, { kind: 'notice' }>[] = [];
  /** What differs for a key: the account it is of, what it may do, whether everything but telling that is refused. */
  const keys = new Map<
    string,
    { readonly uid?: number; readonly restrictions?: Record<string, unknown>; readonly denied?: true }
  >();

  const steps = [
    { filterType: 'PRICE_FILTER', tickSize: '0.01' },
    { filterType: 'LOT_SIZE', stepSize: '0.001' },
  ];
  const ok = (id: number, body: unknown): void => say({ kind: 'answer', id, status: 200, body: JSON.stringify(body) });
  const no = (id: number, code: number, msg: string): void =>
    say({ kind: 'answer', id, status: 400, body: JSON.stringify({ code, msg }) });
  const open = (it: BookOrder): boolean => it.status === 'NEW' || it.status === 'PARTIALLY_FILLED';
  const shown = (it: BookOrder) => ({
    symbol: it.symbol,
    orderId: it.orderId,
    clientOrderId: it.clientOrderId,
    side: it.side,
    status: it.status,
    executedQty: formatAmount(it.executed),
  });
  const report = (it: BookOrder, execution: string, trade?: Record<string, unknown>): void => {
    if (!streamIsOpen || weather === 'stream-silent') return;
    const event = {
      e: 'executionReport',
      E: time(),
      s: it.symbol,
      c: execution === 'CANCELED' ? 'the-cancel' : it.clientOrderId,
      C: execution === 'CANCELED' ? it.clientOrderId : '',
      i: it.orderId,
      x: execution,
      X: it.status,
      r: 'NONE',
      z: formatAmount(it.executed),
      T: time(),
      t: -1,
      ...trade,
    };
    say({ kind: 'event', account, event: JSON.stringify(event) });
  };
  const move = (asset: string, change: bigint): void => void balances.set(asset, (balances.get(asset) ?? 0n) + change);

  const place = (frame: EgressRequest, query: URLSearchParams): void => {
    const lost = weather;
    if (lost === 'request-lost') {
      say({ kind: 'failed', id: frame.id, cause: 'timeout', sent: true });
      return;
    }
    const order: BookOrder = {
      symbol: query.get('symbol')!,
      orderId: orders.length + 1,
      clientOrderId: query.get('newClientOrderId')!,
      side: query.get('side')!,
      price: amount(query.get('price')!),
      origQty: amount(query.get('quantity')!),
      executed: 0n,
      status: 'NEW',
    };
    orders.push(order);
    if (lost === 'answer-lost') say({ kind: 'failed', id: frame.id, cause: 'timeout', sent: true });
    else ok(frame.id, { ...shown(order), transactTime: time() });
    report(order, 'NEW');
  };

  const placeOco = (frame: EgressRequest, query: URLSearchParams): void => {
    const lost = weather;
    if (lost === 'request-lost') {
      say({ kind: 'failed', id: frame.id, cause: 'timeout', sent: true });
      return;
    }
    const both = {
      symbol: query.get('symbol')!,
      side: query.get('side')!,
      origQty: amount(query.get('quantity')!),
      list: query.get('listClientOrderId')!,
    };
    const legs = ['below', 'above'].map((where): BookOrder => {
      const clientOrderId = query.get(`${where}ClientOrderId`)!;
      const price = amount(query.get(`${where}Price`)!);
      const order = { ...both, orderId: orders.length + 1, clientOrderId, price, executed: 0n, status: 'NEW' };
      orders.push(order);
      return order;
    });
    const orderReports = legs.map((it) => ({ ...shown(it), transactTime: time() }));
    if (lost === 'answer-lost') say({ kind: 'failed', id: frame.id, cause: 'timeout', sent: true });
    else ok(frame.id, { listClientOrderId: both.list, orderReports });
    for (const it of legs) report(it, 'NEW');
  };

  const cancelOco = (frame: EgressRequest, query: URLSearchParams): void => {
    const legs = orders.filter((it) => it.list === query.get('listClientOrderId') && open(it));
    if (legs.length === 0) {
      no(frame.id, -2011, 'Unknown order list sent.');
      return;
    }
    if (weather === 'cancel-unanswered') return;
    for (const it of legs) it.status = 'CANCELED';
    ok(frame.id, { orderReports: legs.map((it) => ({ ...shown(it), origClientOrderId: it.clientOrderId })) });
    for (const it of legs) report(it, 'CANCELED');
  };

  /** The leg that trades, or whose trigger is reached, ends the other. */
  const expireTwin = (order: BookOrder): void => {
    if (order.list === undefined) return;
    for (const it of orders) {
      if (it.list !== order.list || it === order || !open(it)) continue;
      it.status = 'EXPIRED';
      report(it, 'EXPIRED');
    }
  };

  const missing = (id: number): void => no(id, -2013, 'Order does not exist.');

  const cancelOrder = (frame: EgressRequest, found: BookOrder | undefined): void => {
    if (found === undefined || !open(found)) {
      no(frame.id, -2011, 'Unknown order sent.');
      return;
    }
    if (weather === 'cancel-unanswered') return;
    found.status = 'CANCELED';
    ok(frame.id, { ...shown(found), origClientOrderId: found.clientOrderId, clientOrderId: 'the-cancel' });
    report(found, 'CANCELED');
  };

  const answerRequest = (frame: EgressRequest): void => {
    const { id, request } = frame;
    requests.push(request);
    const query = new URLSearchParams(request.query);
    const key = keys.get(request.headers['X-MBX-APIKEY'] ?? '');
    const [wantedId, wantedOrder] = [query.get('origClientOrderId'), query.get('orderId')];
    const found =
      wantedId === null && wantedOrder === null
        ? undefined
        : orders.findLast((it) => it.clientOrderId === wantedId || String(it.orderId) === wantedOrder);
    const isAsked = (it: Record<string, unknown> & { id: number }): boolean =>
      it.symbol === query.get('symbol') && it.id >= Number(query.get('fromId') ?? 0);
    const routes: Record<string, () => void> = {
      'GET /sapi/v1/account/apiRestrictions': () => ok(id, { ...restrictions, ...key?.restrictions }),
      'GET /api/v3/openOrders': () => ok(id, orders.filter(open).map(shown)),
      'GET /api/v3/account': () =>
        ok(id, {
          uid: key?.uid ?? exchangeUid,
          balances: [...balances].map(([asset, free]) => ({ asset, free: formatAmount(free), locked: '0' })),
        }),
      'GET /api/v3/myTrades': () => ok(id, trades.filter(isAsked)),
      'GET /api/v3/exchangeInfo': () => ok(id, { symbols: [{ symbol: query.get('symbol'), filters: steps }] }),
      'POST /api/v3/order': () => place(frame, query),
      'POST /api/v3/orderList/oco': () => placeOco(frame, query),
      'DELETE /api/v3/orderList': () => cancelOco(frame, query),
      'GET /api/v3/order': () => (found === undefined ? missing(id) : ok(id, shown(found))),
      'DELETE /api/v3/order': () => cancelOrder(frame, found),
    };
    if (key?.denied && request.path !== '/sapi/v1/account/apiRestrictions') no(id, -2015, 'Invalid API-key, IP, or permissions.');
    else routes[`${request.method} ${request.path}`]?.();
  };

  return {
    orders,
    trades,
    requests,
    notices,
    keys,
    balances,
    attach: (listener: (frame: ToSigner) => void) => {
      say = listener;
      streamIsOpen = false;
    },
    take: (frame: SignerToEgress): void => {
      if (frame.kind === 'open-stream') {
        streamIsOpen = true;
        say({ kind: 'stream-open', account: frame.account });
      } else if (frame.kind === 'request') answerRequest(frame);
      else if (frame.kind === 'notice') {
        notices.push(frame);
        say({ kind: 'notice-done', id: frame.id, ok: true, final: false, reason: '' });
      }
    },
    weather: (next: Weather) => {
      weather = next;
    },
    restrict: (change: Record<string, unknown>) => {
      restrictions = { ...restrictions, ...change };
    },
    loseStream: () => {
      streamIsOpen = false;
      say({ kind: 'stream-lost', account, reason: 'test' });
    },
    say: (frame: ToSigner) => say(frame),
    deposit: (asset: string, change: string, told: boolean) => {
      move(asset, amount(change));
      if (told) {
        const event = JSON.stringify({ e: 'balanceUpdate', a: asset, d: change, T: time() });
        say({ kind: 'event', account, event });
      }
    },
    /** Somebody else uses the key: an order that was not placed here, filled at once. */
    strange: (symbol: string, quantity: string, price: string): void => {
      const orderId = orders.length + 1;
      const origQty = amount(quantity);
      const text = { symbol, orderId, clientOrderId: `web_${orderId}`, side: 'BUY' };
      orders.push({ ...text, price: amount(price), origQty, executed: origQty, status: 'FILLED' });
      const id = trades.length + 1;
      const time_ = { time: time(), isMaker: false, commission: '0', commissionAsset: 'USDT' };
      trades.push({ symbol, id, orderId, price, qty: quantity, ...time_ });
    },
    /** The market reaches the trigger of a leg. */
    trigger: (orderId: number): void => expireTwin(orders.find((it) => it.orderId === orderId)!),
    /** Fills a resting order at its own price; the fee comes off what is received. */
    fill: (orderId: number, quantity: string, feeBps = 10n): void => {
      const order = orders.find((it) => it.orderId === orderId)!;
      expireTwin(order);
      const filled = amount(quantity);
      const cost = multiply(filled, order.price, 'down');
      const isBuy = order.side === 'BUY';
      const fee = ((isBuy ? filled : cost) * feeBps) / 10_000n;
      order.executed += filled;
      order.status = order.executed === order.origQty ? 'FILLED' : 'PARTIALLY_FILLED';
      const base = order.symbol.replace('USDT', '');
      move(base, isBuy ? filled - fee : -filled);
      move('USDT', isBuy ? -cost : cost - fee);
      const feeAsset = isBuy ? base : 'USDT';
      const id = trades.length + 1;
      trades.push({
        symbol: order.symbol,
        id,
        orderId,
        price: formatAmount(order.price),
        qty: quantity,
        commission: formatAmount(fee),
        commissionAsset: feeAsset,
        isMaker: true,
        time: time(),
      });
      report(order, 'TRADE', { t: id, l: quantity, L: formatAmount(order.price), n: formatAmount(fee), N: feeAsset, m: true });
    },
  };
}
