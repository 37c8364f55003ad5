/** Websockets of the dialect door: the gate shakes hands and frames, the signer decides who gets one and what is said. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Channel } from '../frames/channel.ts';
import type { Room } from '../frames/connections.ts';
import { type GateToSigner, type SocketFrame, socketBytesMax, targetCharactersMax } from '../frames/frames.ts';
import { type Refusal, rawHeader, refusalOfSource } from './request.ts';
import { acceptOf, type ServerSocket, serveWebSocket } from './websocket.ts';

export interface Sockets {
  /** A client asks to change to a websocket. */
  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer): void;
  receive(frame: SocketFrame): void;
  /** The signer refused the connection; false when the id is none of a connection. */
  refused(id: number, status: number, body: string): boolean;
}

interface Waiting {
  readonly stream: Duplex;
  readonly head: Buffer;
  readonly accept: string;
}

interface Open {
  readonly socket: ServerSocket;
  readonly answered: () => void;
}

/** More than the signer keeps open: it knows which of them may be ended for others. */
const socketsMax = 512;
/** Messages of one connection: clients subscribe and ping, so these are far more than any sends. */
const messagesAtOnce = 100;
const messagesPerSecond = 20;

export function createSockets(signer: Channel<GateToSigner>, port: () => number, newId: () => number, room: () => Room): Sockets {
  const waiting = new Map<number, Waiting>();
  const open = new Map<number, Open>();
  const ending = new Set<number>();

  const gone = (id: number): void => {
    ending.delete(id);
    if (waiting.delete(id) || open.delete(id)) signer.send({ kind: 'gone', id });
  };

  const receive = (frame: SocketFrame): void => {
    switch (frame.kind) {
      case 'socket-open': {
        const it = waiting.get(frame.id);
        if (it === undefined) return;
        waiting.delete(frame.id);
        it.stream.write(
          `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${it.accept}\r\n\r\n`,
        );
        const mayTalk = talkative();
        const onText = (text: string): void => {
          if (mayTalk()) signer.send({ kind: 'socket-text', id: frame.id, text });
          else open.get(frame.id)?.socket.close(1008, 'too many messages');
        };
        const listener = { messageBytesMax: socketBytesMax, onText, onEnd: () => gone(frame.id) };
        open.set(frame.id, { answered: room().asked(it.stream), socket: serveWebSocket(it.stream, it.head, listener) });
        return;
      }
      case 'socket-text':
        open.get(frame.id)?.socket.send(frame.text);
        return;
      case 'socket-close': {
        const it = open.get(frame.id);
        if (it === undefined) return;
        // How long its client takes to hear of it is no reason to refuse others.
        ending.add(frame.id);
        it.answered();
        it.socket.close(frame.code, frame.reason);
        return;
      }
    }
  };

  return {
    receive,
    upgrade: (request, stream, head) => {
      stream.on('error', () => stream.destroy());
      const accept = acceptOf(rawHeader(request, 'sec-websocket-key')[0] ?? '');
      const fault = refusalOfSource(request, port()) ?? refusalOfUpgrade(request, accept);
      if (fault !== undefined || accept === undefined || waiting.size + open.size - ending.size >= socketsMax) {
        const text = fault === undefined ? 'too many connections' : fault.reason;
        refuseStream(stream, fault?.status ?? 429, JSON.stringify({ code: -1002, msg: text }));
        return;
      }
      const id = newId();
      waiting.set(id, { stream, head, accept });
      stream.on('close', () => gone(id));
      signer.send({ kind: 'socket', id, target: request.url ?? '' });
    },
    refused: (id, status, body) => {
      const it = waiting.get(id);
      if (it === undefined) return false;
      waiting.delete(id);
      refuseStream(it.stream, status, body);
      return true;
    },
  };
}

/** Whether one more message is heard, each time it is asked. */
function talkative(): () => boolean {
  let left = messagesAtOnce;
  let at = performance.now();
  return () => {
    const now = performance.now();
    left = Math.min(messagesAtOnce, left + ((now - at) * messagesPerSecond) / 1000);
    at = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}

function refusalOfUpgrade(request: IncomingMessage, accept: string | undefined): Refusal | undefined {
  const header = (name: string): string => (rawHeader(request, name)[0] ?? '').toLowerCase();
  const isWebSocket = request.method === 'GET' && header('upgrade') === 'websocket' && header('sec-websocket-version') === '13';
  const hasBody = header('content-length') !== '' || header('transfer-encoding') !== '';
  if (isWebSocket && !hasBody && accept !== undefined && (request.url ?? '').length <= targetCharactersMax) return undefined;
  return { status: 400, code: 'E_PARAM', reason: 'not a websocket handshake of version 13' };
}

function refuseStream(stream: Duplex, status: number, body: string): void {
  const head = `HTTP/1.1 ${status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n`;
  stream.end(head + body);
}
