/**
 * The least of an exchange that a vault connects to: it says yes at once, stamps when each order arrived, and lets every order
 * expire unfilled, so that what is measured is the vault. Reference quotes come every second.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

export interface StubExchange {
  readonly port: number;
  /** Called when the head of an order request has arrived. */
  onOrder: () => void;
  close(): void;
}

/** Public streams, on which this exchange has nothing to say. */
const marketPath = '/ws';
const bid = '49999.00000000';
const ask = '50001.00000000';
const iso = (): string => new Date().toISOString();

const tickers: Readonly<Record<string, () => unknown>> = {
  kraken: () => ({ channel: 'ticker', type: 'update', data: [{ symbol: 'BTC/USDT', bid: 49999, ask: 50001, timestamp: iso() }] }),
  coinbase: () => ({ type: 'ticker', product_id: 'BTC-USDT', best_bid: bid, best_ask: ask, time: iso() }),
  okx: () => ({
    arg: { channel: 'tickers', instId: 'BTC-USDT' },
    data: [{ instId: 'BTC-USDT', bidPx: bid, askPx: ask, ts: String(Date.now()) }],
  }),
};

const restrictions = {
  ipRestrict: true,
  createTime: 1,
  enableReading: true,
  enableSpotAndMarginTrading: true,
  enableWithdrawals: false,
};
const reads: Readonly<Record<string, unknown>> = {
  '/sapi/v1/account/apiRestrictions': restrictions,
  '/api/v3/account': { uid: 1, balances: [{ asset: 'USDT', free: '1000000000.00000000', locked: '0.00000000' }] },
  '/api/v3/openOrders': [],
  '/api/v3/myTrades': [],
};

function answer(response: ServerResponse, value: unknown, status = 200): void {
  const body = JSON.stringify(value);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}

export async function startStubExchange(): Promise<StubExchange> {
  const privateStreams = new Set<WebSocket>();
  let orderId = 0;

  const place = (query: URLSearchParams, response: ServerResponse): void => {
    orderId += 1;
    const [symbol, clientOrderId, at] = [query.get('symbol'), query.get('newClientOrderId'), Date.now()];
    answer(response, { symbol, orderId, orderListId: -1, clientOrderId, transactTime: at });
    const [q, p] = [query.get('quantity'), query.get('price')];
    const report = {
      e: 'executionReport',
      E: at,
      s: symbol,
      c: clientOrderId,
      S: 'BUY',
      o: 'LIMIT',
      f: 'IOC',
      q,
      p,
      C: '',
      x: 'EXPIRED',
      X: 'EXPIRED',
      r: 'NONE',
      i: orderId,
      l: '0.00000000',
      z: '0.00000000',
      L: '0.00000000',
      n: '0',
      N: null,
      T: at,
      t: -1,
      w: false,
      m: false,
    };
    for (const socket of privateStreams) socket.send(JSON.stringify({ subscriptionId: 0, event: report }));
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stub');
    if (url.pathname === '/api/v3/order' && request.method === 'POST') {
      stub.onOrder();
      place(url.searchParams, response);
      return;
    }
    const known = reads[url.pathname];
    if (known === undefined) answer(response, { code: -2013, msg: 'Order does not exist.' }, 400);
    else answer(response, known);
  });
  server.keepAliveTimeout = 120_000;

  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    const { pathname } = new URL(request.url ?? '/', 'http://stub');
    if (pathname === marketPath) return;
    const ticker = tickers[pathname.replace('/reference/', '')];
    if (ticker === undefined) {
      socket.on('message', (data) => {
        const { id } = JSON.parse(String(data)) as { id: unknown };
        socket.send(JSON.stringify({ id, status: 200, result: { subscriptionId: 0 } }));
        privateStreams.add(socket);
      });
      socket.on('close', () => privateStreams.delete(socket));
      return;
    }
    const say = (): void => socket.send(JSON.stringify(ticker()));
    const timer = setInterval(say, 1000);
    socket.on('message', say);
    socket.on('close', () => clearInterval(timer));
  });

  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const stub: StubExchange = {
    port: (server.address() as AddressInfo).port,
    onOrder: () => {},
    close: () => {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
  return stub;
}
