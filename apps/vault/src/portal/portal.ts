/**
 * The door for the owner's browser: static files of our own, and requests of the page to the signer. It adds, judges and
 * believes nothing, holds no secret and sets no cookie: a session travels in a header that only our own script can set.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { DoorRefusal } from '@holdfast/domain';
import type { Channel } from '../frames/channel.ts';
import { keepRoom, type Room } from '../frames/connections.ts';
import { FrameError, type GateToSigner, type SignerToGate } from '../frames/frames.ts';
import type { Pages } from './pages.ts';
import { namesLoopback, namesOtherHost, type Refusal, readBody, refusalOf, sessionOf } from './request.ts';

const connectionsMax = 128;
const waitingMax = 256;

/** With every answer. Nothing of the page may be framed, sent elsewhere, read by another origin or kept. */
const guards: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-ancestors 'none'; " +
    "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
  'origin-agent-cluster': '?1',
  'permissions-policy':
    'publickey-credentials-get=(self), publickey-credentials-create=(self), camera=(), geolocation=(), microphone=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
};

export interface Portal {
  /** A server for one listening port. */
  readonly serve: () => Server;
  readonly receive: (message: SignerToGate) => void;
}

export interface PortalParts {
  readonly signer: Channel<GateToSigner>;
  /** The one origin that the pages are served on and that passkeys count for. */
  readonly origin: URL;
  readonly pages: Pages;
  /** Key and certificate (PEM) of a real vault's pages; a simulated vault's are on `http://localhost`. */
  readonly tls?: { readonly key: Buffer; readonly cert: Buffer } | null;
}

export function createPortal({ signer, origin, pages, tls = null }: PortalParts): Portal {
  const waiting = new Map<number, ServerResponse>();
  let lastId = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse, room: Room): Promise<void> => {
    const { method, url = '' } = request;
    if (namesOtherHost(request, origin)) return turnAway(request, response);
    if (method === 'GET' || method === 'HEAD') return sendFile(url, response);
    if (method !== 'POST') return refuse(response, { status: 405, code: 'E_PATH', reason: `${method} is not understood here` });
    const refused = refusalOf(request, origin);
    if (refused !== undefined) return refuse(response, refused);
    const body = await readBody(request);
    if (body === undefined) return refuse(response, { status: 400, code: 'E_PARAM', reason: 'the body is not UTF-8' });
    forward(request, response, body, room);
  };

  const turnAway = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method === 'GET' && request.url === '/' && namesLoopback(request, origin)) {
      response.writeHead(308, { ...guards, location: `${origin.origin}/`, 'content-length': 0 }).end();
      return;
    }
    const host = JSON.stringify((request.headers.host ?? '').slice(0, 80));
    refuse(response, { status: 421, code: 'E_PATH', reason: `host ${host} is not this vault's; open ${origin.origin}` });
  };

  const sendFile = (url: string, response: ServerResponse): void => {
    const file = pages.files.get(url);
    if (file === undefined) {
      refuse(response, { status: 404, code: 'E_PATH', reason: `there is no ${url.slice(0, 80)}; open ${origin.origin}` });
      return;
    }
    response.writeHead(200, {
      ...guards,
      'content-type': file.type,
      'content-length': file.body.length,
      'holdfast-page': pages.hash,
    });
    response.end(file.body);
  };

  const forward = (request: IncomingMessage, response: ServerResponse, body: string, room: Room): void => {
    if (waiting.size >= waitingMax) {
      refuse(response, { status: 503, code: 'E_RATE', reason: 'the vault is busy; try again in a moment' });
      return;
    }
    lastId += 1;
    const id = lastId;
    const headers = { key: sessionOf(request), time: '', nonce: '', mac: '' };
    try {
      signer.send({ kind: 'request', id, method: 'POST', path: request.url ?? '', headers, body });
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      refuse(response, { status: 413, code: 'E_PARAM', reason: 'the body is too long' });
      return;
    }
    waiting.set(id, response);
    const answered = room.asked(request.socket);
    response.on('close', () => {
      answered();
      if (waiting.delete(id)) signer.send({ kind: 'gone', id });
    });
  };

  const receive = (message: SignerToGate): void => {
    const response = waiting.get(message.id);
    if (response === undefined || message.kind !== 'answer') return;
    waiting.delete(message.id);
    answer(response, message.status, message.body);
  };

  const serve = (): Server => {
    const limits = { requestTimeout: 20_000, headersTimeout: 10_000, keepAliveTimeout: 60_000, maxHeaderSize: 16 * 1024 };
    const answer = (request: IncomingMessage, response: ServerResponse): void => {
      handle(request, response, room).catch(() => response.destroy());
    };
    const server =
      tls === null ? createServer(limits, answer) : createTlsServer({ ...limits, ...tls, handshakeTimeout: 10_000 }, answer);
    const room = keepRoom(server, connectionsMax);
    server.on('upgrade', (_request, socket) => socket.destroy());
    server.on('connect', (_request, socket) => socket.destroy());
    return server;
  };
  return { serve, receive };
}

const refuse = (response: ServerResponse, { status, code, reason }: Refusal): void => {
  // What is left of a body that was not read is not waited for: the connection ends with the answer.
  response.setHeader('connection', 'close');
  answer(response, status, JSON.stringify({ error: { code, reason } } satisfies DoorRefusal));
};

function answer(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { ...guards, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
