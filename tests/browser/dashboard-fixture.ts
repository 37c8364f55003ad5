/**
 * A server for the dashboard's tests: the built page with the policy it gets in earnest, and canned answers that fit the
 * contracts. What a test wants otherwise it changes in `answers`; what the page sends is in `sent`.
 */
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import type {
  ApiError,
  BotDetail,
  BotReportView,
  CandlesAnswer,
  DealsAnswer,
  EquityAnswer,
  FillsAnswer,
  LadderLevel,
  LogAnswer,
  Status,
  TickEvent,
  VerdictsAnswer,
} from '@holdfast/contracts';
import { dashboardFolder } from '@holdfast/dashboard/build';
import { botKinds, check, dcaReport, guards, signals, statistics, suggestion } from './bot-answers.ts';
import { vaultAnswer } from './vault-answers.ts';

export const marketNow = Date.UTC(2026, 2, 14, 9, 41, 7);
const minute = 60_000;
const places = (value: number, digits: number): string => value.toFixed(digits);

export interface Answers {
  status: Status;
  bot: BotDetail;
  deals: DealsAnswer;
  candles: CandlesAnswer;
  fills: FillsAnswer;
  equity: EquityAnswer;
  verdicts: VerdictsAnswer;
  log: LogAnswer;
  report: BotReportView;
}

const bot = {
  id: 'b1',
  kind: 'dca',
  name: 'Demonstration DCA',
  account: 'paper',
  pairs: ['BTC/USDT'],
  state: 'running' as const,
  waitingFor: 'BTC/USDT at or above 64,596.54 to take profit, or at or below 63,480.12 for averaging order 2 of 5',
  createdAt: marketNow - 400 * minute,
  deals: { open: 1, closed: 14 },
  profit: '18.4127',
  fees: '3.0914',
  quote: 'USDT',
};

const level = (index: number, price: string, quantity: string, state: LadderLevel['state']): LadderLevel => ({
  index,
  kind: index === 0 ? 'base' : 'averaging',
  price,
  quantity,
  filled: state === 'filled' ? quantity : '0',
  state,
});

const deal = (number: number, profit: string, filled: number): DealsAnswer['deals'][number] => ({
  id: `b1-${number}`,
  bot: 'b1',
  number,
  pair: 'BTC/USDT',
  state: 'closed',
  openedAt: marketNow - (15 - number) * 31 * minute,
  closedAt: marketNow - (15 - number) * 31 * minute + number * 97_000,
  bought: '0.00311',
  sold: '0.0031',
  spent: '198.4',
  received: '199.7',
  averagePrice: '63794.21',
  averagingOrders: { filled, most: 5 },
  profit,
  profitPercent: places(Number(profit) / 1.984, 4),
  fees: '0.3981',
  quote: 'USDT',
});

/** A price path that a person would take for a market; the same with each run. */
function candles(): CandlesAnswer {
  let seed = 7;
  const random = (): number => {
    seed = (seed * 16_807) % 2_147_483_647;
    return seed / 2_147_483_647 - 0.5;
  };
  const start = marketNow - (marketNow % minute) - 399 * minute;
  let close = 63_600;
  const list = Array.from({ length: 400 }, (_, index) => {
    const open = close;
    close = open + random() * 90 + Math.sin(index / 23) * 9 + (64_120 - open) * 0.012;
    const [high, low] = [Math.max(open, close) + Math.abs(random()) * 40, Math.min(open, close) - Math.abs(random()) * 40];
    return {
      openTime: start + index * minute,
      open: places(open, 2),
      high: places(high, 2),
      low: places(low, 2),
      close: places(close, 2),
      volume: places(2 + Math.abs(random()) * 9, 5),
      closed: index < 399,
    };
  });
  return { pair: 'BTC/USDT', interval: '1m', candles: list };
}

export function cannedAnswers(): Answers {
  const market = candles();
  const last = market.candles.at(-1)?.close ?? '64120';
  const at = (share: number): string => places(Number(last) * share, 2);
  const openDeal = {
    ...deal(15, '-0.6214', 1),
    state: 'open' as const,
    openedAt: marketNow - 23 * minute,
    closedAt: null,
    averagePrice: at(1.0024),
    ladder: [
      level(0, at(1.0051), '0.00156', 'filled'),
      level(1, at(1.0009), '0.00312', 'filled'),
      level(2, at(0.9958), '0.00624', 'resting'),
      level(3, at(0.9906), '0.01248', 'resting'),
      level(4, at(0.984), '0.02496', 'waiting'),
      level(5, at(0.976), '0.04992', 'waiting'),
    ],
    takeProfit: { price: at(1.0105), quantity: '0.00467', filled: '0', state: 'resting' as const },
    lastPrice: last,
  };
  const fill = (n: number, side: 'buy' | 'sell', minutesAgo: number, price: string) => ({
    tradeId: String(n),
    clientOrderId: `b1-${n}`,
    bot: 'b1',
    deal: 'b1-15',
    pair: 'BTC/USDT',
    side,
    price,
    quantity: '0.00156',
    fee: '0.00000156',
    feeAsset: 'BTC',
    maker: true,
    at: marketNow - minutesAgo * minute,
  });
  const processNames = ['warden', 'signer', 'gate', 'egress', 'exchange', 'engine', 'server'];
  return {
    status: {
      version: '0.1.0',
      simulated: true,
      clock: { now: marketNow, speed: 10, tape: null, ended: false },
      processes: processNames.map((name, index) => ({
        name,
        pid: 4120 + index,
        state: 'running',
        rssBytes: 58_000_000 + index * 7_300_000,
        startedAt: marketNow,
      })),
      accounts: [
        {
          account: 'paper',
          exchange: 'simulated',
          balances: [
            { asset: 'BTC', free: '0.00001234', locked: '0.00467', total: '0.00468234' },
            { asset: 'USDT', free: '9120.551', locked: '597.02', total: '9717.571' },
          ],
          quote: 'USDT',
          valueQuote: '10017.7913',
          ledgerMatchesExchange: true,
          differences: [],
        },
      ],
      vault: vaultAnswer(last, marketNow),
      engine: { reachable: true, reason: null },
      bots: [
        bot,
        {
          ...bot,
          id: 'b2',
          name: 'Ether, patient',
          pairs: ['ETH/USDT'],
          state: 'stopped',
          deals: { open: 0, closed: 3 },
          profit: '-0.82',
        },
      ],
      deals: { open: 1, closed: 17 },
      profit: { quote: 'USDT', amount: '17.5927', fees: '3.9021' },
      ledgerMatchesExchange: true,
    },
    bot: {
      ...bot,
      settings: {
        direction: 'long',
        baseOrderSize: '200',
        averagingOrderSize: '200',
        averagingOrders: 5,
        takeProfitPercent: '1',
      },
      funds: [{ asset: 'USDT', available: '400', reserved: '597.02' }],
      dust: [{ asset: 'BTC', quantity: '0.00000234' }],
      openDeals: [openDeal],
      problem: null,
    },
    deals: {
      deals: Array.from({ length: 14 }, (_, index) => deal(14 - index, places(1.9 - (index % 4) * 0.37, 4), index % 3)),
      next: null,
    },
    candles: market,
    fills: {
      pair: 'BTC/USDT',
      fills: [
        fill(1, 'sell', 96, last),
        fill(2, 'buy', 71, last),
        fill(3, 'sell', 48, last),
        fill(4, 'buy', 23, last),
        fill(5, 'buy', 11, last),
      ],
      orders: [2, 3].map((index) => ({
        clientOrderId: `b1-a${index}`,
        bot: 'b1',
        pair: 'BTC/USDT',
        side: 'buy' as const,
        kind: 'limit',
        role: 'averaging',
        price: openDeal.ladder[index]?.price ?? last,
        quantity: '0.00624',
        filled: '0',
        placedAt: marketNow - minute,
      })),
    },
    equity: {
      quote: 'USDT',
      points: Array.from({ length: 300 }, (_, index) => ({
        at: marketNow - (300 - index) * minute,
        value: places(10_000 + index * 0.061 + Math.sin(index / 9) * 2.4, 4),
        realised: places(index * 0.06, 4),
      })),
      largestDrawdown: '0.0041',
    },
    verdicts: { verdicts: verdicts(last) },
    report: dcaReport,
    log: {
      entries: [
        'Deal 15 opened',
        'Deal 14 closed with 1.90 USDT',
        'Averaging order 1 of deal 14 filled',
        'Bot Demonstration DCA started',
      ]
        .flatMap((text) => [text, text, text])
        .map((text, index) => ({
          seq: 100 - index,
          at: marketNow - index * 73_000,
          level: index === 4 ? ('warning' as const) : ('info' as const),
          bot: 'b1',
          text,
        })),
      next: null,
    },
  };
}

function verdicts(last: string): VerdictsAnswer['verdicts'] {
  const approved = (n: number, side: 'buy' | 'sell'): VerdictsAnswer['verdicts'][number] => ({
    at: marketNow - n * 41_000,
    account: 'paper',
    subKey: 'k1',
    bot: 'b1',
    kind: 'place-order',
    clientOrderId: `b1-15-${20 - n}`,
    pair: 'BTC/USDT',
    side,
    quantity: '0.00312',
    limit: last,
    verdict: 'approved',
    code: null,
    reason: null,
  });
  return [
    approved(0, 'sell'),
    { ...approved(1, 'sell'), kind: 'cancel-order', side: null, quantity: null, limit: null },
    {
      ...approved(2, 'buy'),
      verdict: 'refused',
      code: 'E_BAND',
      reason: 'the limit 66,004.20 lies 2.94 % above the reference price 64,118.03; the mandate allows 0.80 %',
    },
    ...Array.from({ length: 9 }, (_, index) => approved(index + 3, index % 2 === 0 ? 'buy' : 'sell')),
  ];
}

export interface Fixture {
  readonly url: string;
  readonly answers: Answers;
  readonly sent: { readonly path: string; readonly contentType: string | undefined; readonly body: unknown }[];
  /** While set, the API answers with this status. */
  broken: number | undefined;
  /** While set, changes are refused with it. */
  refusal: ApiError['error'] | undefined;
  tick(tick: TickEvent): void;
  changed(topics: readonly string[]): void;
  close(): Promise<void>;
}

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const policy = (nonce: string): string =>
  `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

export async function startFixture(): Promise<Fixture> {
  const streams = new Set<ServerResponse>();
  const say = (event: string, data: object): void => {
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const server = createServer((request, response) => void answer(request, response));
  const fixture: Fixture = {
    url: '',
    answers: cannedAnswers(),
    sent: [],
    broken: undefined,
    refusal: undefined,
    tick: (tick) => say('tick', tick),
    changed: (topics) => say('changed', { topics }),
    close: () => close(server),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (!pathname.startsWith('/api')) return sendFile(pathname, response);
    if (fixture.broken !== undefined)
      return sendJson(response, fixture.broken, {
        error: { code: 'engine-unreachable', reason: 'The database cannot be read.' },
      });
    if (pathname === '/api/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hello\n\n');
      streams.add(response);
      response.once('close', () => streams.delete(response));
      return;
    }
    if (request.method === 'POST') return receive(pathname, request, response);
    const body = read(pathname, fixture.answers);
    sendJson(response, body === undefined ? 404 : 200, body ?? { error: { code: 'not-found', reason: pathname } });
  }

  async function receive(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await Array.fromAsync(request, (chunk) => String(chunk));
    const body = JSON.parse(text.join('')) as { readonly reason?: string };
    // Asking changes nothing, so it is answered even while changes are refused.
    if (path === '/api/bots/check') return sendJson(response, 200, check(body as unknown as Parameters<typeof check>[0]));
    if (path === '/api/bots/suggest-grid') return sendJson(response, 200, suggestion);
    fixture.sent.push({ path, contentType: request.headers['content-type'], body });
    if (fixture.refusal !== undefined) return sendJson(response, 409, { error: fixture.refusal });
    if (path === '/api/freeze') Object.assign(fixture.answers.status.vault, { state: 'frozen', reason: body.reason });
    sendJson(response, 200, path === '/api/freeze' ? { ok: true, state: 'frozen' } : { ok: true, bot: 'b1' });
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(fixture, { url: `http://localhost:${(server.address() as AddressInfo).port}` });
}

function read(path: string, answers: Answers): unknown {
  if (/^\/api\/bots\/b\d$/.test(path)) return answers.bot;
  if (/^\/api\/bots\/b\d\/report$/.test(path)) return answers.report;
  if (/^\/api\/bots\/b\d\/statistics$/.test(path)) return statistics(marketNow);
  const pairPath = /^\/api\/pairs\/[A-Z]+\/USDT\/(candles|fills)$/.exec(path)?.[1];
  if (pairPath === 'candles' || pairPath === 'fills') return answers[pairPath];
  return {
    '/api/status': answers.status,
    '/api/deals': answers.deals,
    '/api/equity': answers.equity,
    '/api/verdicts': answers.verdicts,
    '/api/log': answers.log,
    '/api/pairs': {
      pairs: ['BTC/USDT', 'ETH/USDT'].map((pair) => ({
        pair,
        tick: '0.01',
        lot: '0.00001',
        minNotional: '5',
        halted: false,
        price: null,
      })),
    },
    '/api/bot-kinds': { kinds: botKinds() },
    '/api/guards': guards(marketNow),
    '/api/statistics': statistics(marketNow),
    '/api/signals': signals(marketNow),
  }[path];
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function sendFile(path: string, response: ServerResponse): Promise<void> {
  const name = path === '/' ? 'index.html' : path.slice(1);
  const content = await readFile(join(dashboardFolder, name)).catch(() => undefined);
  if (content === undefined) return void response.writeHead(404).end();
  if (name !== 'index.html') return void response.writeHead(200, { 'content-type': types[extname(name)] ?? '' }).end(content);
  const nonce = crypto.randomUUID();
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy(nonce) });
  response.end(content.toString().replaceAll('__CSP_NONCE__', nonce));
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
