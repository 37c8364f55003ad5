/** The signer's end of a stream, as gate, portal and egress have it: frames in order, several of one turn in one write. */
import { Socket } from 'node:net';
import { createFrameCutter, encodeFrame, readJson } from './framing.ts';

/** Descriptor of the stream to the signer, as the warden hands it over. */
export const signerDescriptor = 4;

export interface ChannelOptions<In> {
  /** @throws FrameError when a frame is not of the protocol: the stream is over then */
  readonly decode: (value: unknown) => In;
  /** Longest frame that comes and that goes, in bytes. */
  readonly readBytesMax: number;
  readonly sendBytesMax: number;
  readonly onMessage: (message: In) => void;
  /** Called once, when the stream is over for whatever reason. */
  readonly onEnd: (reason: string) => void;
  readonly descriptor?: number;
}

export interface Channel<Out> {
  /** @throws FrameError when the message is longer than a frame may be */
  send(message: Out): void;
}

export function openSigner<In, Out>(options: ChannelOptions<In>): Channel<Out> {
  const { decode, onMessage, onEnd } = options;
  const socket = new Socket({ fd: options.descriptor ?? signerDescriptor, readable: true, writable: true });
  const cut = createFrameCutter(options.readBytesMax, (payload) => onMessage(decode(readJson(payload))));
  let isOver = false;
  const over = (reason: string): void => {
    if (isOver) return;
    isOver = true;
    socket.destroy();
    onEnd(reason);
  };
  socket.on('data', (chunk: Buffer) => {
    try {
      cut(chunk);
    } catch (error) {
      over((error as Error).message);
    }
  });
  socket.on('end', () => over('the signer ended'));
  socket.on('close', () => over('the signer ended'));
  socket.on('error', (error) => over(error.message));
  let isCorked = false;
  return {
    send: (message) => {
      const frame = encodeFrame(message, options.sendBytesMax);
      if (!isCorked) {
        isCorked = true;
        socket.cork();
        process.nextTick(() => {
          isCorked = false;
          socket.uncork();
        });
      }
      socket.write(frame);
    },
  };
}

/** Ends the process `name` with the signer: the warden starts both again. */
export const endWithSigner =
  (name: string) =>
  (reason: string): never => {
    process.stderr.write(`${name}: ${reason}; it stops and is started again with the signer\n`);
    process.exit(1);
  };

/** Ends this process with its warden: standard input is a pipe that closes when the warden is gone. */
export function endWithWarden(): void {
  const stop = (): never => process.exit(0);
  process.stdin.on('end', stop).on('error', stop).resume();
  process.on('SIGTERM', stop);
  // Ctrl-C reaches the whole group of a terminal; the warden says when to stop.
  process.on('SIGINT', () => {});
  process.on('disconnect', stop);
}
