/** The HTTP side: two paths, POST only, and for everything else one constant answer. It logs no body and no header. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type WebhookDoor, webhookLimits, webhookPaths } from '@holdfast/contracts';
import { type Intake, type IntakePorts, takeBody } from './intake.ts';

export interface ListenerOptions {
  /** A reverse proxy on this machine says the sender's address in X-Forwarded-For. */
  readonly behindProxy: boolean;
  /** Requests of one address in a minute. */
  readonly perAddress: number;
  /** Something was let in. */
  onSignal(): void;
}

const bodyTimeoutMs = 3_000;
const connectionsPerAddress = 20;
const doors = Object.entries(webhookPaths) as readonly (readonly [WebhookDoor, string])[];
const constant: Readonly<Record<number, string>> = {
  400: '{"accepted":false,"reason":"not a message"}',
  401: '{"accepted":false,"reason":"unknown token"}',
  404: '{"accepted":false}',
  413: '{"accepted":false,"reason":"too large"}',
  429: '{"accepted":false,"reason":"too many"}',
  500: '{"accepted":false,"reason":"try again"}',
};

export function createListener(ports: IntakePorts, options: ListenerOptions): Server {
  const server = createServer(
    { maxHeaderSize: 8_192, requestTimeout: bodyTimeoutMs, headersTimeout: bodyTimeoutMs },
    (request, response) => {
      response.sendDate = false;
      handle(ports, options, request, response).catch(() => say(request, response, 500));
    },
  );
  server.on('clientError', (_error, socket) => socket.destroy());
  server.maxConnections = 500;
  keepRoom(server);
  return server;
}

/** One address takes a few connections only, so that it keeps no other out. What comes from this machine may be a proxy or a tunnel. */
function keepRoom(server: Server): void {
  const open = new Map<string, number>();
  server.on('connection', (socket) => {
    const address = plain(socket.remoteAddress ?? '');
    const count = (open.get(address) ?? 0) + 1;
    if (count > connectionsPerAddress && !isLocal(address)) {
      socket.destroy();
      return;
    }
    open.set(address, count);
    socket.once('close', () => {
      const left = (open.get(address) ?? 1) - 1;
      if (left === 0) open.delete(address);
      else open.set(address, left);
    });
  });
}

async function handle(
  ports: IntakePorts,
  options: ListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const door = doors.find(([, path]) => path === request.url?.split('?')[0])?.[0];
  if (door === undefined || request.method !== 'POST') return say(request, response, 404);
  const address = addressOf(request, options.behindProxy);
  if (!ports.rate.allows(`address ${address}`, options.perAddress, ports.now())) {
    ports.store.count('signal-rate', address, ports.now());
    return say(request, response, 429);
  }
  const body = await readBody(request);
  if (body === null) {
    ports.store.count('signal-malformed', address, ports.now());
    return say(request, response, 413);
  }
  const taken = takeBody(ports, body, door, address);
  if (taken.status !== 200) return say(request, response, taken.status);
  // TradingView waits for 3 s only: the answer is that the signal is kept; what becomes of it is in the log.
  send(response, 200, answerOf(taken));
  options.onSignal();
}

const answerOf = ({ answers }: Extract<Intake, { status: 200 }>): string =>
  JSON.stringify(answers.length === 1 ? answers[0] : answers);

/** The nearest address that a proxy of this machine has not written itself: the last one of the list. */
export function addressOf(request: Pick<IncomingMessage, 'headers' | 'socket'>, behindProxy: boolean): string {
  const peer = plain(request.socket.remoteAddress ?? '');
  const forwarded = request.headers['x-forwarded-for'];
  if (!behindProxy || !isLocal(peer) || forwarded === undefined) return peer;
  const last = String(forwarded).split(',').at(-1)?.trim() ?? '';
  return /^[0-9a-fA-F.:]{2,45}$/.test(last) ? plain(last) : peer;
}

const isLocal = (address: string): boolean => address === '127.0.0.1' || address === '::1';

const plain = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/, '');

/** Null when it is larger than allowed. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  if (Number(request.headers['content-length'] ?? 0) > webhookLimits.bodyBytes) return null;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > webhookLimits.bodyBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function say(request: IncomingMessage, response: ServerResponse, status: number): void {
  if (response.headersSent) return;
  // What was not read is not waited for.
  if (!request.complete) response.setHeader('connection', 'close');
  send(response, status, constant[status] ?? '{}');
  if (!request.complete) response.once('finish', () => request.destroy());
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
  });
  response.end(body);
}
