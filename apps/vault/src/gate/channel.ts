/** The gate's side of its stream to the signer: frames in order, several of one turn in one write. */
import { Socket } from 'node:net';
import {
  answerBytesMax,
  createFrameCutter,
  decodeSignerToGate,
  encodeFrame,
  envelopeBytesMax,
  type GateToSigner,
  readJson,
  requestBytesMax,
  type SignerToGate,
} from '../frames/frames.ts';

export interface SignerChannel {
  /** @throws FrameError when the message is longer than a frame may be */
  send(message: GateToSigner): void;
}

/** Descriptor of the stream to the signer, in the gate and in the egress. */
export const signerDescriptor = 4;

/** `onEnd` is called once, when the stream is over for whatever reason. */
export function openSigner(
  onMessage: (message: SignerToGate) => void,
  onEnd: (reason: string) => void,
  descriptor = signerDescriptor,
): SignerChannel {
  const socket = new Socket({ fd: descriptor, readable: true, writable: true });
  const cut = createFrameCutter(answerBytesMax + envelopeBytesMax, (payload) => onMessage(decodeSignerToGate(readJson(payload))));
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
      const frame = encodeFrame(message, 2 * requestBytesMax + envelopeBytesMax);
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
