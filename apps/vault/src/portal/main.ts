/**
 * Started by the warden with the signer's stream as descriptor 4, an IPC channel on which the listening ports come (IPv4 and
 * IPv6 of `localhost`), and the origin of the pages as its only argument.
 */
import { Server } from 'node:net';
import { endWithSigner, endWithWarden, openSigner } from '../frames/channel.ts';
import {
  answerBytesMax,
  decodeSignerToGate,
  envelopeBytesMax,
  type GateToSigner,
  requestBytesMax,
  type SignerToGate,
} from '../frames/frames.ts';
import { readPages } from './pages.ts';
import { createPortal, type Portal } from './portal.ts';

endWithWarden();

let portal: Portal | undefined;
const signer = openSigner<SignerToGate, GateToSigner>({
  decode: decodeSignerToGate,
  readBytesMax: answerBytesMax + envelopeBytesMax,
  sendBytesMax: 2 * requestBytesMax + envelopeBytesMax,
  onMessage: (message) => portal?.receive(message),
  onEnd: endWithSigner('portal'),
});
portal = createPortal({ signer, origin: new URL(process.argv[2] ?? ''), pages: readPages() });
const { serve } = portal;

process.on('message', (message, handle) => {
  if (message !== 'listen' || !(handle instanceof Server)) return;
  const server = serve();
  server.on('error', (error) => {
    process.stderr.write(`portal: ${error.message}\n`);
    process.exit(1);
  });
  server.listen(handle, () => process.send?.({ serving: true }));
});
