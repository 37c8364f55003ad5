/**
 * The door for programs: HTTP framing and nothing else. A request goes to the signer as it came (raw target, four headers,
 * body) and its answer goes back. The gate adds, judges and believes nothing, and holds no secret.
 *
 *   G1  Each id is answered at most once; a client that went away is told to the signer once.
 *   G2  What waits for a slow reader of events is bounded; a reader behind that is cut and asks again from where it was.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type DoorRefusal, doorHeaders } from '@holdfast/domain';
import type { Channel } from '../frames/channel.ts';
import { FrameError, type GateToSigner, type SignerToGate } from '../frames/frames.ts';
import { type Refusal, rawHeader, readBody, refusalOf } from './request.ts';

/** What may wait for one slow reader of events. */
const waitingBytesMax = 32 * 1024 * 1024;
const connectionsMax = 1024;

export interface Gate {
  readonly server: Server;
  readonly receive: (message: SignerToGate) => void;
}

/** `port` is the one that clients name in Host; the caller listens. */
export function createGate(signer: Channel<GateToSigner>, port: () => number): Gate {
  const waiting = new Map<number, ServerResponse>();
  let lastId = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const refused = refusalOf(request, port());
    if (refused !== undefined) return refuse(response, refused);
    const body = await readBody(request);
    if (typeof body !== 'string') return refuse(response, body);
    lastId += 1;
    const id = lastId;
    forward(id, request, response, body);
  };

  const forward = (id: number, request: IncomingMessage, response: ServerResponse, body: string): void => {
    const header = (name: string): string => rawHeader(request, name)[0] ?? '';
    const headers = {
      key: header(doorHeaders.key),
      time: header(doorHeaders.time),
      nonce: header(doorHeaders.nonce),
      mac: header(doorHeaders.mac),
    };
    if (headers.key.length > 128 || headers.time.length > 32 || headers.nonce.length > 64 || headers.mac.length > 128) {
      refuse(response, { status: 400, code: 'E_PARAM', reason: 'a header of the door is too long' });
      return;
    }
    try {
      signer.send({ kind: 'request', id, method: request.method ?? '', path: request.url ?? '', headers, body });
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      refuse(response, { status: 413, code: 'E_PARAM', reason: 'the body is too long' });
      return;
    }
    waiting.set(id, response);
    response.on('close', () => {
      if (waiting.delete(id)) signer.send({ kind: 'gone', id });
    });
  };

  const receive = (message: SignerToGate): void => {
    const response = waiting.get(message.id);
    if (response === undefined) return;
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
    { requestTimeout: 20_000, headersTimeout: 10_000, keepAliveTimeout: 120_000 },
    (request, response) => {
      handle(request, response).catch(() => response.destroy());
    },
  );
  server.maxConnections = connectionsMax;
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.on('connect', (_request, socket) => socket.destroy());
  return { server, receive };
}

const refuse = (response: ServerResponse, { status, code, reason }: Refusal): void => {
  // What is left of a body that is too long is not read: the connection ends with the answer.
  if (status === 413) response.setHeader('connection', 'close');
  answer(response, status, JSON.stringify({ error: { code, reason } } satisfies DoorRefusal));
};

function answer(response: ServerResponse, status: number, body: string): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', 'content-length': Buffer.byteLength(body) };
  response.writeHead(status, headers);
  response.end(body);
}
