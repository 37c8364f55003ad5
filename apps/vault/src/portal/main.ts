/**
 * Started by the warden with the signer's stream as descriptor 4, an IPC channel on which the listening ports come (IPv4 and
 * IPv6 of `localhost`), and as arguments the origin of the pages and, on a real vault, the folder of their TLS key.
 */
import { readFileSync } from 'node:fs';
import { Server } from 'node:net';
import { join } from 'node:path';
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
const [origin = '', tlsFolder] = process.argv.slice(2);
const read = (name: string): Buffer => readFileSync(join(tlsFolder ?? '', name));
const tls = tlsFolder === undefined ? null : { key: read('tls.key'), cert: read('tls.pem') };
portal = createPortal({ signer, origin: new URL(origin), pages: readPages(), tls });
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
