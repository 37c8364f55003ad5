/**
 * The door for programs: HTTP framing and nothing else. A request goes to the signer as it came (raw target, the headers of
 * its door, body) and its answer goes back. The gate adds, judges and believes nothing, and holds no secret. Two doors share
 * the port: the intent door and the dialect door, which speaks as the exchange does.
 *
 *   G1  Each id is answered at most once; a client that went away is told to the signer once.
 *   G2  What waits for a slow reader of events is bounded; a reader behind that is cut and asks again from where it was.
 *   G3  What waits for the signer is bounded: a client that asks faster than it decides is refused and its connection ends.
 *       Freezing and killing have room of their own, and connections that ask nothing make room for them.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DoorRefusal, doorHeaders, doorPaths } from '@holdfast/domain';
import type { Channel } from '../frames/channel.ts';
import { keepRoom } from '../frames/connections.ts';
import { FrameError, type GateToSigner, isSocketKind, type SignerToGate, type SocketFrame } from '../frames/frames.ts';
import { dialectBody, dialectFrame, dialectRefusal, isDialect } from './dialect.ts';
import { type Refusal, rawHeader, readBody, refusalOf, refusalOfSource } from './request.ts';
import { createSockets } from './sockets.ts';

/** What may wait for one slow reader of events. */
const waitingBytesMax = 32 * 1024 * 1024;
/** More than can wait for the signer on connections of their own. */
const connectionsMax = 2048;
/** Requests that wait for the signer, and how many of those that only stop something may wait besides. */
const waitingMax = 1024;
const urgentMax = 256;
const urgent: ReadonlySet<string> = new Set([doorPaths.freeze, doorPaths.kill, doorPaths.revoke, doorPaths.veto]);
const requestMsMax = 10_000;
const headerBytesMax = 16 * 1024;

export interface Gate {
  readonly server: Server;
  readonly receive: (message: SignerToGate) => void;
}

/** `port` is the one that clients name in Host; the caller listens. `requestMs`: how long a whole request may take to come. */
export function createGate(signer: Channel<GateToSigner>, port: () => number, requestMs = requestMsMax): Gate {
  const waiting = new Map<number, ServerResponse>();
  /** Connections on which something was refused: what was sent behind it is not read. */
  const ended = new WeakSet<Duplex>();
  let lastId = 0;

  const newId = (): number => {
    lastId += 1;
    return lastId;
  };
  const sockets = createSockets(signer, port, newId, () => room);

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const speaksDialect = isDialect(request);
    if (ended.has(request.socket)) return;
    const refuse = (refusal: Refusal): void => {
      ended.add(request.socket);
      refuseAs(response, refusal, speaksDialect);
    };
    const refused = refusalOfSource(request, port()) ?? (speaksDialect ? dialectRefusal(request) : refusalOf(request));
    if (refused !== undefined) return refuse(refused);
    const body = await readBody(request);
    if (typeof body !== 'string') return refuse(body);
    // One that was refused while this body came ended the connection for all behind it.
    if (ended.has(request.socket)) return;
    if (waiting.size >= waitingMax + (urgent.has(request.url ?? '') ? urgentMax : 0)) return refuse(busy);
    const frame = speaksDialect ? dialectFrame(newId(), request, body) : doorFrame(newId(), request, body);
    if ('status' in frame) return refuse(frame);
    try {
      signer.send(frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return refuse({ status: 413, code: 'E_PARAM', reason: 'the body is too long' });
    }
    const { id } = frame;
    waiting.set(id, response);
    const answered = room.asked(request.socket);
    response.on('close', () => {
      answered();
      if (waiting.delete(id)) signer.send({ kind: 'gone', id });
    });
  };

  const doorFrame = (
    id: number,
    request: IncomingMessage,
    body: string,
  ): Extract<GateToSigner, { kind: 'request' }> | Refusal => {
    const header = (name: string): string => rawHeader(request, name)[0] ?? '';
    const headers = {
      key: header(doorHeaders.key),
      time: header(doorHeaders.time),
      nonce: header(doorHeaders.nonce),
      mac: header(doorHeaders.mac),
    };
    if (headers.key.length > 128 || headers.time.length > 32 || headers.nonce.length > 64 || headers.mac.length > 128)
      return { status: 400, code: 'E_PARAM', reason: 'a header of the door is too long' };
    return { kind: 'request', id, method: request.method ?? '', path: request.url ?? '', headers, body };
  };

  const receive = (message: SignerToGate): void => {
    if (isSocketFrame(message)) {
      sockets.receive(message);
      return;
    }
    const response = waiting.get(message.id);
    if (response === undefined) {
      if (message.kind === 'answer') sockets.refused(message.id, message.status, message.body);
      return;
    }
    switch (message.kind) {
      case 'answer':
        waiting.delete(message.id);
        answer(response, message.status, message.body);
        return;
      case 'stream':
        response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
        response.flushHeaders();
        return;
      case 'lines':
        response.write(message.text);
        if (response.writableLength > waitingBytesMax) response.destroy();
        return;
    }
  };

  const server = createServer(
    {
      requestTimeout: requestMs,
      headersTimeout: requestMs,
      connectionsCheckingInterval: 1000,
      keepAliveTimeout: 120_000,
      maxHeaderSize: headerBytesMax,
      insecureHTTPParser: false,
    },
    (request, response) => {
      handle(request, response).catch(() => response.destroy());
    },
  );
  const room = keepRoom(server, connectionsMax);
  server.on('upgrade', sockets.upgrade);
  server.on('clientError', refuseUnread);
  server.on('connect', (_request, socket) => socket.destroy());
  return { server, receive };
}

const busy: Refusal = {
  status: 503,
  code: 'E_RATE',
  reason: 'the vault has more requests than it can decide; send it again in a moment',
};

const isSocketFrame = (message: SignerToGate): message is SocketFrame => isSocketKind(message.kind);

/** In the words of the door that was asked; the connection ends with it. */
function refuseAs(response: ServerResponse, refusal: Refusal, speaksDialect: boolean): void {
  const { status, code, reason } = refusal;
  response.setHeader('connection', 'close');
  const body = speaksDialect ? dialectBody(refusal) : JSON.stringify({ error: { code, reason } } satisfies DoorRefusal);
  answer(response, status, body);
}

/** What is no request, or did not come in time, is not read on. */
function refuseUnread(error: Error & { readonly code?: string }, socket: Duplex): void {
  const status = error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
  if (socket.writable) socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  else socket.destroy();
}

function answer(response: ServerResponse, status: number, body: string): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, headers);
  response.end(body);
}
