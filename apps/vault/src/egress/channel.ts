/** The egress' side of its stream to the signer: frames in order. */
import { Socket } from 'node:net';
import {
  answerBytesMax,
  createFrameCutter,
  decodeSignerToEgress,
  type EgressToSigner,
  encodeFrame,
  envelopeBytesMax,
  readJson,
  requestBytesMax,
  type SignerToEgress,
} from '../frames/frames.ts';

/** Descriptor of the stream to the signer, as the warden hands it over. */
export const signerDescriptor = 4;

/** @returns what sends a message; it throws FrameError when one is longer than a frame may be. `onEnd` is called once. */
export function openSigner(
  onMessage: (message: SignerToEgress) => void,
  onEnd: (reason: string) => void,
  descriptor = signerDescriptor,
): (message: EgressToSigner) => void {
  const socket = new Socket({ fd: descriptor, readable: true, writable: true });
  const cut = createFrameCutter(requestBytesMax + envelopeBytesMax, (payload) =>
    onMessage(decodeSignerToEgress(readJson(payload))),
  );
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
  return (message) => void socket.write(encodeFrame(message, answerBytesMax));
}
